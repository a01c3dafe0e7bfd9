#!/usr/bin/env bash
# Runs the tests of events, outbox, consumer, analytics and fleet on the Apache Kafka that TEST_KAFKA_BROKERS
# names; test.sh calls it. One test has the broker at a time, so those without events stay out.
#   promptforge-dev stores --kafka apache -- deploy/local/test-kafka.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -n "${TEST_KAFKA_BROKERS:-}" ] || die "TEST_KAFKA_BROKERS is not set: see the first lines of ${BASH_SOURCE[0]}"

cargo test --locked -p testkit --test it broker::
cargo test --locked -p events --test it
cargo test --locked -p user-service --test it events::
cargo test --locked -p prompt-service --test it -- prompt_events:: views::
cargo test --locked -p analytics-service --test it
cargo test --locked -p e2e --test e2e -- crashes:: hidden:: journey::
