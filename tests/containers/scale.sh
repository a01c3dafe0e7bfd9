#!/usr/bin/env bash
# Brings docker-compose.yml up with three instances of the prompt service, and checks that the gateway spreads
# reads over them, that one killed under load fails none, that a fourth is used within seconds, and that one
# stopped under load fails none.
#   tests/containers/scale.sh                 # docker compose
#   COMPOSE="podman-compose" ENGINE=podman tests/containers/scale.sh
# The image must be built and .env made (deploy/docker/make-env.sh). GATEWAY_PORT is the published port. What
# was started goes on: `docker compose down`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

COMPOSE=${COMPOSE:-docker compose}
ENGINE=${ENGINE:-docker}
# One client sends it all.
export RATE_LIMIT_PROFILE=off GATEWAY_PORT=${GATEWAY_PORT:-9000}
URL=http://localhost:$GATEWAY_PORT
# The seconds in which a new instance must be used, from when its container has started: it has to become ready.
PATIENCE=15

die() {
  printf 'scale: %s\n' "$*" >&2
  exit 1
}

# Brings up so many instances of the prompt service.
scale() {
  # shellcheck disable=SC2086 # words of a command
  $COMPOSE up --detach --no-build --no-recreate --scale "prompt=$1" >"$scratch/up.log" 2>&1 ||
    die "compose failed: $(tail -n 3 "$scratch/up.log")"
}

# Names the running containers of a service of this project.
containers() {
  "$ENGINE" ps --quiet --filter "label=com.docker.compose.service=$1" \
    --filter "label=com.docker.compose.project.working_dir=$PWD"
}

# Counts lines of the gateway's access log, from the line $1 on, by instance of the prompt service.
count_by_instance() {
  "$ENGINE" logs "$gateway" 2>&1 | tail -n "+$1" | grep '"route":"/prompts"' |
    grep -o '"instance":"[^"]*"' | sort | uniq -c
}

log_lines() { "$ENGINE" logs "$gateway" 2>&1 | wc -l; }

# Sends reads one after the other, on kept connections, and prints the status of each; 000 for no answer.
read_often() { curl -sS -o /dev/null -w '%{http_code}\n' "$URL/prompts/public?n=[1-$1]" 2>>"$scratch/curl.log"; }

# Waits until reads were answered by $1 instances, and prints the seconds that it took.
wait_for_instances() {
  local began=$SECONDS mark
  mark=$(log_lines)
  while [ $((SECONDS - began)) -le $PATIENCE ]; do
    read_often 40 >/dev/null || true
    sleep 0.2 # the log is written in batches
    [ "$(count_by_instance $((mark + 1)) | wc -l)" -lt "$1" ] || { echo $((SECONDS - began)); return; }
  done
  die "fewer than $1 instances are used after $PATIENCE s"
}

scratch=$(mktemp -d)
trap 'touch "$scratch/stop"; wait; rm -rf "$scratch"' EXIT

scale 3
until curl -sf -m 2 -o /dev/null "$URL/health/ready"; do
  [ $SECONDS -lt 120 ] || die "the gateway is not ready after $SECONDS s"
  sleep 1
done
gateway=$(containers gateway)
[ "$(containers prompt | wc -l)" -eq 3 ] || die "there are $(containers prompt | wc -l) instances"

echo "three instances are used after $(wait_for_instances 3) s"
# One that was not there at first gets all of its share 10 s after its first answer.
sleep 10
mark=$(log_lines)
[ "$(read_often 300 | sort | uniq -c | xargs)" = "300 200" ] || die "not every read is answered 200"
sleep 0.2
echo "300 reads by instance:"
count_by_instance $((mark + 1))
count_by_instance $((mark + 1)) | awk '$1 < 50 { exit 1 }' || die "an instance gets less than half of its share"

for worker in 1 2 3 4; do
  while [ ! -e "$scratch/stop" ]; do read_often 100 >>"$scratch/statuses.$worker" || true; done &
done
sleep 3
"$ENGINE" kill --signal KILL "$(containers prompt | head -n 1)" >/dev/null
sleep 5
killed=$(cat "$scratch"/statuses.* | sort | uniq -c | xargs)
echo "reads by status, one instance killed meanwhile: $killed"

scale 4
# As many as run: the one that was killed may stay away.
echo "the new instance is used after $(wait_for_instances "$(containers prompt | wc -l)") s"
# It drains: SIGTERM, and some seconds for what is open.
began=$SECONDS
"$ENGINE" stop --time 40 "$(containers prompt | tail -n 1)" >/dev/null
echo "one instance has drained after $((SECONDS - began)) s"
sleep 2
touch "$scratch/stop"
wait
all=$(cat "$scratch"/statuses.* | sort | uniq -c | xargs)
echo "reads by status, all: $all"
[[ $all =~ ^[0-9]+\ 200$ ]] || die "reads failed: $(sort -u "$scratch/curl.log" | head -n 3)"
echo "all is well"
