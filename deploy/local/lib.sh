# shellcheck shell=bash
# What up.sh, down.sh and test.sh share: where things are, and installing what is missing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STATE=$ROOT/.promptforge
# shellcheck disable=SC2034 # for the scripts that read this file
TARGET=${CARGO_TARGET_DIR:-target}
cd "$ROOT" || exit 1

# Queries were checked when .sqlx was made: a build needs no database.
export SQLX_OFFLINE=true
CARGO_BIN=${CARGO_HOME:-$HOME/.cargo}/bin
# At the end, so that only nx-27017 is found there, not its python.
export PATH=$PATH:$CARGO_BIN:$STATE/venv/bin

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'promptforge: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

can_be_root() { [ "$(id -u)" = 0 ] || has sudo; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Dies where packages cannot be installed at all; said before anything is changed or redirected.
need_packages() {
  has apt-get || die "please install by hand (there is no apt-get here): $*"
  can_be_root || die "please install as root (this is not root, and there is no sudo): $*"
}

# Installs distribution packages; says which, and on failure what apt said last.
install_packages() {
  need_packages "$@"
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

# The machine's own Rust when it is new enough, else rustup's.
ensure_rust() {
  has_rust && return
  # Before a distribution's that is too old.
  PATH=$CARGO_BIN:$PATH
  has_rust && return
  has rustup || install_rustup
  say "installing Rust"
  rustup toolchain install "$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" \
    --profile minimal --component clippy --component rustfmt ||
    die "cannot install Rust (is there a network?)"
  hash -r
  has_rust || die "rustup is there, but the first cargo on PATH is not new enough"
}

# Whether there is a cargo, as new as Cargo.toml asks for.
has_rust() {
  has cargo || return
  local wanted have
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  # Without rustup fetching a missing one unsaid.
  have=$(RUSTUP_AUTO_INSTALL=0 cargo --version 2>/dev/null | cut -d' ' -f2)
  printf '%s\n' "$wanted" "$have" | sort --version-sort --check=quiet
}

# The distribution's package, which would remove a cargo that is there; else as rustup.rs says.
install_rustup() {
  if ! has cargo && has apt-get && can_be_root; then
    # Images come without apt's lists, and then know of no package.
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null ||
      as_root apt-get update >/dev/null 2>&1 || true
    if apt-cache show rustup >/dev/null 2>&1; then
      install_packages rustup
      return
    fi
  fi
  say "installing rustup"
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
    sh -s -- -y --profile minimal --default-toolchain none --no-modify-path ||
    die "cannot install rustup from https://sh.rustup.rs (is there a network?)"
}

# Postgres programs; the cluster is our own, so the distribution's is not made.
ensure_postgres() {
  has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  need_packages postgresql
  local rule=/etc/postgresql-common/createcluster.d/promptforge.conf
  # Only for our own installation, however it ends: what is installed later is its owner's choice.
  # shellcheck disable=SC2064 # the name is local, so it is filled in now
  trap "as_root rm -f '$rule'" EXIT
  as_root mkdir -p "$(dirname "$rule")"
  echo 'create_main_cluster = false' | as_root tee "$rule" >/dev/null
  install_packages postgresql
  as_root rm -f "$rule"
  trap - EXIT
}

# Python with what makes virtual environments.
ensure_python() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3 python3-venv
}

# A private virtual environment $STATE/$1 with what deploy/local/$2 lists.
ensure_venv() {
  local venv=$STATE/$1 wanted=$ROOT/deploy/local/$2
  cmp -s "$wanted" "$venv/requirements.txt" && return
  ensure_python
  say "installing $(grep -o '^[^#=]*' "$wanted" | paste -sd ' ') into $venv"
  mkdir -p "$STATE"
  python3 -m venv --clear "$venv" || die "cannot make $venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" ||
    die "cannot install what $wanted lists (is there a network?)"
  # Last: without it an interrupted installation starts over.
  cp "$wanted" "$venv/requirements.txt"
}

# A MongoDB server: the machine's own, else nx-27017.
ensure_mongo() { has mongod || ensure_venv venv requirements.txt; }

# Where the programs look for Kafka's jars when their state directory is another one.
export PROMPTFORGE_KAFKA_LIB=$STATE/kafka/lib

# Whether there is a Java that Kafka runs on.
has_java() {
  has java || return
  local version
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}

# Whether Apache Kafka can be had without installing packages.
has_kafka() { has_java && { has_kafka_jars || has mvn; }; }

has_kafka_jars() { cmp -s deploy/local/kafka/pom.xml "$STATE/kafka/lib/pom.xml"; }

# Apache Kafka's jars, and the programs that fetch and run them.
ensure_kafka() {
  local packages=()
  has_java || packages+=(default-jre-headless)
  has_kafka_jars || has mvn || packages+=(maven)
  [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
  has_java || die "Kafka needs Java 17 or newer, and the first one on PATH is older"
  has_kafka_jars || fetch_kafka || die "cannot fetch Apache Kafka (is there a network?)"
}

# The jars that deploy/local/kafka/pom.xml names, into $STATE/kafka/lib; says why on failure.
fetch_kafka() {
  local home=$STATE/kafka log
  say "fetching Apache Kafka into $home/lib"
  log=$(mktemp)
  rm -rf "$home/lib.new"
  if ! mvn --batch-mode --quiet --file deploy/local/kafka/pom.xml \
    dependency:copy-dependencies "-DoutputDirectory=$home/lib.new" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -rf "$log" "$home/lib"
  # Last: without it an interrupted fetch starts over.
  cp deploy/local/kafka/pom.xml "$home/lib.new/"
  mv "$home/lib.new" "$home/lib"
}

# The Node.js and npm on PATH where Vite runs on them, else those of a private environment. Those come first
# on PATH from then on. Fails where neither can be had.
ensure_node() {
  has_node && return
  # In a process of its own: what cannot be installed ends that, and not this script.
  (ensure_venv node node.txt) || return
  PATH=$STATE/node/bin:$PATH
  has_node
}

# Whether there are npm and a Node.js in the range of gateway/web/package.json: ^20.19 || >=22.12.
has_node() {
  has npm && has node && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);
  '
}

# A browser for the journeys through the web client: Debian's Chromium, unless there is one.
ensure_browser() {
  [ -n "${CHROMIUM:-}" ] || has chromium || has chromium-browser || has google-chrome || install_packages chromium
}

# The npm packages of directory $1, which are those of $2, unless they are the lock file's already.
ensure_packages() {
  cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock" && return
  say "installing the packages of $2"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) >&2 || return
  # Last: without it an interrupted installation starts over.
  cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
}

ensure_web_packages() { ensure_packages "$ROOT/gateway/web" "the web client"; }

# Prints a digest of what the web client is built from.
web_sources() {
  find gateway/web docs/help docs/openapi -type f \
    -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/generated/*' \
    -not -path '*/tests/*' -not -path '*/journeys/*' -not -path '*/lighthouse/*' -print0 |
    sort -z | xargs -0 sha256sum | sha256sum
}

# The web client in gateway/web/dist, unless it is built from these sources already. Says why where it
# cannot be built, and fails.
build_web() {
  local built=$ROOT/gateway/web/dist/.sources sources
  sources=$(web_sources)
  [ ! -e "$built" ] || [ "$(cat "$built")" != "$sources" ] || return 0
  if ! ensure_node; then
    say "no web client: it needs Node.js (^20.19 or 22.12 and newer) with npm, and there is no other to install"
    return 1
  fi
  ensure_web_packages || {
    say "no web client: its packages cannot be installed (is there a network?)"
    return 1
  }
  say "building the web client"
  (cd "$ROOT/gateway/web" && npm run --silent build) >&2 || {
    say "no new web client: the build failed, as said above"
    return 1
  }
  # Last: without it an interrupted build starts over. The build has emptied the directory.
  printf '%s\n' "$sources" >"$built"
}
