#!/usr/bin/env bash
# Renews services/*/.sqlx, by which queries are checked where there is no database; after a change of a
# query or a migration. With --check it changes nothing, and fails where something would change.
# Needs sqlx-cli:
#   cargo install sqlx-cli --no-default-features --features postgres,rustls,sqlx-toml
#   prepare.sh [--check] [SERVICE…]     all five by default
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ensure_build_tools
has cargo-sqlx || die "sqlx-cli is missing: its installation is in the first lines of ${BASH_SOURCE[0]}"
if [ -z "${DATABASE_URL:-}" ]; then
  ensure_postgres
  # Not built again: it holds the services, which do not compile while a query is not yet in .sqlx.
  [ -x "$TARGET/debug/promptforge-dev" ] || cargo build --locked -p promptforge -p devtools
  # MongoDB has no part in it.
  MONGODB_URI=mongodb://unused exec "$TARGET/debug/promptforge-dev" stores -- "$ROOT/deploy/local/prepare.sh" "$@"
fi

check=()
if [ "${1:-}" = --check ]; then
  check=(--check)
  shift
fi
[ $# -gt 0 ] || set -- user prompt test marketplace analytics

server=${DATABASE_URL%/*}
unset SQLX_OFFLINE
TARGET=$(realpath "$TARGET")
for service in "$@"; do
  say "queries of $service"
  (
    cd "services/$service"
    export "${service^^}_DATABASE_URL=$server/${service}_service_db"
    export CARGO_TARGET_DIR=$TARGET
    cargo sqlx database create
    cargo sqlx migrate run --source "$ROOT/migrations/$service"
    cargo sqlx prepare "${check[@]}" -- --all-targets
  )
done
