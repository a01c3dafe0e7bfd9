#!/usr/bin/env bash
# Runs the tests whose broker may be a real one on the Apache Kafka that TEST_KAFKA_BROKERS names; test.sh
# calls it, with stores.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -n "${TEST_KAFKA_BROKERS:-}" ] || die "TEST_KAFKA_BROKERS is not set: promptforge-dev stores --kafka apache -- $0"

cargo test --locked -p testkit --test it broker
cargo test --locked -p analytics-service --test it
cargo test --locked -p e2e --test e2e
