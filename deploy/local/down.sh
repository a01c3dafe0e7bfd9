#!/usr/bin/env bash
# Stops what up.sh started, and nothing else. Options are those of `promptforge-dev down`.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for program in "$TARGET"/{local,release,debug}/promptforge-dev; do
  if [ -x "$program" ]; then
    exec "$program" down "$@"
  fi
done

# The program may have been removed since: the running launcher still has it.
record=$STATE/stack.json
[ -e "$record" ] || die "nothing was built here, so nothing was started from here"
# The launcher's number is the first of the record.
pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$record" | head -n 1)
case $(readlink "/proc/${pid:-none}/exe" || true) in
  */promptforge-dev | */"promptforge-dev (deleted)") exec "/proc/$pid/exe" down "$@" ;;
esac
die "there is no program to stop with what $record tells of: deploy/local/up.sh builds it, and stops what was left behind"
