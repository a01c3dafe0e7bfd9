#!/usr/bin/env bash
# Brings the whole fleet up on a bare Debian-like machine, with the web client: installs what is missing, builds,
# runs.
# Options are those of `promptforge-dev up`: -d, --reset, --port-base PORT, --state-dir DIR, and
# --kafka apache, which installs Java and Maven where they are missing, or --kafka memory. Without it Apache
# Kafka is taken where they are, else a broker in memory.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ensure_build_tools
[ -n "${POSTGRES_URL:-}" ] || ensure_postgres
[ -n "${MONGODB_URI:-}" ] || ensure_mongo
case " $* ${KAFKA_BROKERS:+given}" in
  *" --kafka apache "* | *" --kafka=apache "*) ensure_kafka ;;
  *" --kafka memory "* | *" --kafka=memory "* | *given) ;;
  *) ! has_kafka || has_kafka_jars || fetch_kafka || say "going on with a broker in memory" ;;
esac

say "building"
# librdkafka would be compiled with -O2 and debug information, whatever the profile says, and its
# C++ half, which is of no use here, with it.
CFLAGS="-O1 -g0 ${CFLAGS:-}" CXXFLAGS="-O0 -g0 ${CXXFLAGS:-}" \
  cargo build --profile local --locked -p promptforge -p devtools ||
  die "the build failed, as said above (a first build needs the network, for the crates)"

# The fleet runs without it too.
build_web || true

exec "$TARGET/local/promptforge-dev" up "$@"
