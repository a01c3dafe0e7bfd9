#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml reads from .env. Never overwrites: the databases know
# the passwords that they were made with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

die() {
  printf 'make-env: %s\n' "$*" >&2
  exit 1
}

[ ! -e .env ] || die ".env is there already; remove it first if you really want other secrets"
command -v openssl >/dev/null 2>&1 || die "openssl is missing: apt-get install openssl"

umask 077
fresh=$(mktemp .env.XXXXXX)
trap 'rm -f "$fresh"' EXIT
# On one line, with \n for its line breaks, as the services read it.
key=$(openssl genpkey -algorithm ed25519 | awk '{ printf "%s\\n", $0 }')
cat >"$fresh" <<EOF
# Made by deploy/docker/make-env.sh. Secret.
POSTGRES_PASSWORD=$(openssl rand -hex 32)
MONGO_PASSWORD=$(openssl rand -hex 32)
INTERNAL_TOKEN=$(openssl rand -hex 32)
JWT_SIGNING_KEY='$key'
EOF
mv "$fresh" .env
trap - EXIT
echo "Wrote .env."
