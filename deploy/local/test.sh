#!/usr/bin/env bash
# Installs what is missing and runs every check: format, spelling, dependencies, lints, documentation,
# all tests on throwaway stores, the fleet against its own descriptions, and the web client in a browser.
# DATABASE_URL and MONGODB_URI, when set, name the stores to use for the tests instead.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ensure_build_tools
ensure_postgres
ensure_mongo
# For what holds the fleet against its descriptions.
ensure_python
ensure_venv checks checks.txt
# For the console session of README.md.
has jq || install_packages jq
# For the limits that gateways share.
has redis-server || install_packages redis-server
# For the web client and its journeys.
ensure_node || die "the checks of the web client need Node.js with npm"
ensure_browser

say "format"
cargo fmt --all --check
say "spelling"
"$STATE/checks/bin/typos"
say "dependencies"
"$STATE/checks/bin/cargo-deny" --locked check bans licenses sources
! has cargo-machete || cargo machete
say "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings
say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items
say "web client"
ensure_web_packages || die "the packages of the web client cannot be installed (is there a network?)"
(cd gateway/web && npm run check)
say "build"
cargo build --locked --workspace --all-targets
# Before the tests: one of them is on Apache Kafka whenever its jars are there.
kafka=no
if has_kafka && { has_kafka_jars || fetch_kafka; }; then kafka=yes; fi
say "tests"
export INSTA_UPDATE=no  # a snapshot that differs fails its test and leaves no file
"$TARGET/debug/promptforge-dev" stores -- cargo test --locked --workspace --no-fail-fast
say "tests of who sees what, with two instances and two gateways"
# Of the whole workspace: for a package alone cargo would choose other features, and compile everything again.
FLEET_INSTANCES=2 "$TARGET/debug/promptforge-dev" stores -- \
  cargo test --locked --workspace --test e2e --no-fail-fast -- authorization hidden journey descriptions
if [ $kafka = yes ]; then
  say "tests on Apache Kafka"
  "$TARGET/debug/promptforge-dev" stores --kafka apache -- "$ROOT/deploy/local/test-kafka.sh"
else
  say "no tests on Apache Kafka: they need Java 17 or newer, and Maven"
fi

say "descriptions"
home=$(mktemp -d)
# shellcheck disable=SC2329 # called by the trap
stop_fleet() {
  "$TARGET/debug/promptforge-dev" down --state-dir "$home/state"
  rm -rf "$home"
}
trap stop_fleet EXIT
env -u POSTGRES_URL -u MONGODB_URI -u KAFKA_BROKERS \
  "$TARGET/debug/promptforge-dev" up -d --state-dir "$home/state" --port-base 19000
tests/schemathesis/run.sh http://localhost:19000
say "journeys through the web client"
(cd gateway/web && npm run journeys)
