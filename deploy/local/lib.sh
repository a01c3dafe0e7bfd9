# shellcheck shell=bash
# What up.sh, down.sh and test.sh share: where things are, and installing what is missing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STATE=$ROOT/.promptforge
# shellcheck disable=SC2034 # for the scripts that read this file
TARGET=${CARGO_TARGET_DIR:-target}
cd "$ROOT" || exit 1

# Queries were checked when .sqlx was made: a build needs no database.
export SQLX_OFFLINE=true
# At the end, so that only nx-27017 is found there, not its python.
export PATH=$PATH:$HOME/.cargo/bin:$STATE/venv/bin

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'promptforge: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    die "not root, and no sudo, to run: $*"
  fi
}

# Installs distribution packages; says which, and on failure what apt said last.
install_packages() {
  has apt-get || die "please install by hand (there is no apt-get here): $*"
  say "installing: $*"
  local log
  log=$(mktemp)
  if ! { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    die "cannot install: $* (is there a network?)"
  fi
  rm -f "$log"
}

# What building takes: a C and C++ toolchain for aws-lc and librdkafka, and Rust.
ensure_build_tools() {
  local packages=()
  has cc && has c++ && has make || packages+=(build-essential)
  has pkg-config || packages+=(pkg-config)
  has curl || packages+=(curl)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
  [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
  ensure_rust
}

ensure_rust() {
  has cargo && return
  if ! has rustup; then
    if has apt-cache && apt-cache show rustup >/dev/null 2>&1; then
      install_packages rustup
    else
      die "Rust is missing: install it as https://rustup.rs says (curl https://sh.rustup.rs -sSf | sh), then run this again"
    fi
  fi
  say "installing Rust"
  rustup toolchain install "$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" \
    --profile minimal --component clippy --component rustfmt ||
    die "cannot install Rust (is there a network?)"
  has cargo || die "rustup is there, but cargo is not on PATH"
}

# Postgres programs; the cluster is our own, so the distribution's is not made.
ensure_postgres() {
  has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  local rule=/etc/postgresql-common/createcluster.d/promptforge.conf
  as_root mkdir -p "$(dirname "$rule")"
  echo 'create_main_cluster = false' | as_root tee "$rule" >/dev/null
  install_packages postgresql
  # Only for our own installation: what is installed later is its owner's choice.
  as_root rm -f "$rule"
}

# A MongoDB server: the machine's own, else nx-27017 in a private virtual environment.
ensure_mongo() {
  has mongod && return
  local wanted=$ROOT/deploy/local/requirements.txt have=$STATE/venv/requirements.txt
  [ -x "$STATE/venv/bin/nx-27017" ] && cmp -s "$wanted" "$have" && return
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages python3 python3-venv
  fi
  say "installing nx-27017 into $STATE/venv"
  mkdir -p "$STATE"
  python3 -m venv --clear "$STATE/venv" || die "cannot make $STATE/venv"
  "$STATE/venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" ||
    die "cannot install nx-27017 (is there a network?)"
  # Last: without it an interrupted installation is begun anew.
  cp "$wanted" "$have"
}
