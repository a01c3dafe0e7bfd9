#!/usr/bin/env bash
# Stops what up.sh started, and nothing else. Options are those of `promptforge down`.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for program in "$TARGET"/{local,release,debug}/promptforge; do
  if [ -x "$program" ]; then
    exec "$program" down "$@"
  fi
done
die "nothing was built here, so nothing was started from here"
