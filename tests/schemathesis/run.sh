#!/usr/bin/env bash
# Holds a running fleet against the OpenAPI descriptions of its five services: what they allow must be
# accepted, what they forbid refused, and every answer must be as described.
#   run.sh [GATEWAY_URL]     http://localhost:9000 by default; it registers a user there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export GATEWAY=${1:-http://localhost:9000}
venv=../../.promptforge/schemathesis

if ! cmp -s requirements.txt "$venv/requirements.txt"; then
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt "$venv/requirements.txt"
fi

# The access token of someone new.
register() {
  python3 - <<'P'
import json, os, time, urllib.request

name = f"conformance{time.time_ns()}"
body = {"username": name, "email": f"{name}@example.com", "password": "correct horse battery"}
request = urllib.request.Request(
    os.environ["GATEWAY"] + "/auth/register",
    json.dumps(body).encode(),
    {"Content-Type": "application/json"},
)
print(json.load(urllib.request.urlopen(request))["accessToken"])
P
}

failed=()
for service in user prompt test marketplace analytics; do
  echo "== $service"
  # Each as someone else: what is tried on accounts must not sign the others out.
  TOKEN=$(register)
  export TOKEN
  "$venv/bin/schemathesis" --config-file schemathesis.toml run "$GATEWAY/api-docs/$service.json" \
    --url "$GATEWAY" --no-color || failed+=("$service")
done
[ ${#failed[@]} -eq 0 ] || {
  echo "not as described: ${failed[*]}" >&2
  exit 1
}
