#!/usr/bin/env bash
# Measures explore and a prompt with Lighthouse's phone preset, on a fleet of its own: see journeys/lighthouse.ts.
# Lighthouse needs a newer Node.js than the client does, and many packages: both are apart from the client's.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../../deploy/local/lib.sh"

# Whether a Node.js is in the range of Lighthouse: >=22.19.
fits() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' 2>/dev/null; }

node=$(command -v node || true)
if ! fits "${node:-none}"; then
  ensure_venv node node.txt
  node=$STATE/node/bin/node
fi
ensure_browser
# npm takes the Node.js that comes first on PATH.
PATH=$(dirname "$node"):$PATH ensure_packages "$ROOT/gateway/web/lighthouse" Lighthouse
cd "$ROOT/gateway/web"
LIGHTHOUSE_NODE=$node exec npx vitest run --config vitest.journeys.config.ts lighthouse
