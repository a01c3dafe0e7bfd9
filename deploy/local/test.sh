#!/usr/bin/env bash
# Installs what is missing and runs every check: format, lints, and all tests on throwaway stores.
# DATABASE_URL and MONGODB_URI, when set, name the stores to use instead.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ensure_build_tools
[ -n "${DATABASE_URL:-}" ] || ensure_postgres
[ -n "${MONGODB_URI:-}" ] || ensure_mongo

say "format"
cargo fmt --all --check
say "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings
say "build"
cargo build --locked --workspace --all-targets
say "tests"
exec "$TARGET/debug/promptforge" stores -- cargo test --locked --workspace --no-fail-fast
