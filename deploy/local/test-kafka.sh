#!/usr/bin/env bash
# Runs the tests of events, outbox, consumer, analytics and fleet on the Apache Kafka that TEST_KAFKA_BROKERS
# names; test.sh calls it. One test has the broker at a time, so those without events stay out.
#   promptforge-dev stores --kafka apache -- deploy/local/test-kafka.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -n "${TEST_KAFKA_BROKERS:-}" ] || die "TEST_KAFKA_BROKERS is not set: see the first lines of ${BASH_SOURCE[0]}"
has jq || install_packages jq

# The test programs of the whole workspace, as test.sh has built them: for a package alone cargo would choose other
# features, and compile everything again.
programs=$(cargo test --locked --workspace --no-run --message-format=json |
  jq -r 'select(.reason == "compiler-artifact" and .profile.test and .executable != null)
    | [.manifest_path, .target.name, .executable] | @tsv')

# Runs the test program TARGET of the package in DIRECTORY, as cargo does: run_tests DIRECTORY TARGET [ARGUMENT…]
run_tests() {
  local directory=$ROOT/$1 target=$2 program
  shift 2
  program=$(awk -F '\t' -v manifest="$directory/Cargo.toml" -v target="$target" \
    '$1 == manifest && $2 == target { print $3 }' <<<"$programs")
  [ -n "$program" ] || die "there is no test program $target in $directory"
  (cd "$directory" && CARGO_MANIFEST_DIR=$directory "$program" "$@")
}

run_tests crates/testkit it broker::
run_tests crates/events it
run_tests services/user it events::
run_tests services/prompt it prompt_events:: views::
run_tests services/analytics it
run_tests tests e2e crashes:: hidden:: journey::
