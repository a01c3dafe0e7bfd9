# The tasks of this project, each a line over deploy/local and cargo. `just` lists them.

set positional-arguments

# Queries were checked when .sqlx was made: a build needs no database.
export SQLX_OFFLINE := "true"

dev := "target/debug/promptforge-dev"

[private]
default:
    @just --list --unsorted

# Bring the whole fleet up on this machine: -d, --reset, --port-base PORT
up *args:
    ./deploy/local/up.sh "$@"

# Stop what `up` started
down *args:
    ./deploy/local/down.sh "$@"

# Run every check and test, as CI does
test:
    ./deploy/local/test.sh

# Run a crate's tests on throwaway stores: just test-crate prompt-service versions
test-crate crate *args: programs
    shift; {{ dev }} stores -- cargo test --locked -p {{ crate }} "$@"

# Check the web client: types, lints, tests, build, budget
web:
    cd gateway/web && npm run check

# Walk through the web client in a browser, on a fleet of its own: just journeys keyboard
journeys *args: programs
    cd gateway/web && npm run journeys -- "$@"

# Take pictures of every page of the web client, at 1440 and 390 px, light and dark
screenshots *args: programs
    cd gateway/web && npm run screenshots -- "$@"

# Hold the web client to its bars on Lighthouse's phone preset; needs an idle machine
lighthouse: programs
    cd gateway/web && npm run lighthouse

# Format everything
fmt:
    cargo fmt --all

# Run the lints
lint:
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Make the documentation of the code
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

# Renew .sqlx after a change of a query or a migration: just prepare user, or --check
prepare *args:
    ./deploy/local/prepare.sh "$@"

# Look for dependencies that are forbidden, unsafe or unused: needs cargo-deny and cargo-machete
deps:
    cargo deny --locked check
    cargo machete

# Fill the running stack with made-up people and prompts: --prompts 10000 --users 500
seed *args: programs
    {{ dev }} seed "$@"

# Measure: logins, queries or tests
bench *args: programs
    {{ dev }} bench "$@"

# Kill the marketplace while people buy, and check the books: --kills 50
drill *args: programs
    {{ dev }} stores -- {{ dev }} drill purchases "$@"

# Fuzz the gateway: just fuzz path, heads, answers or requests; needs cargo-fuzz
fuzz target *args:
    shift; mkdir -p fuzz/corpus/{{ target }}; cargo fuzz run --sanitizer none {{ target }} \
        fuzz/corpus/{{ target }} fuzz/seeds/{{ target }} -- -max_len=4096 "$@"

# Import prompts from a CSV file into the running stack
import file *args: programs
    target/debug/promptforge import "$@"

# Make the secrets for docker compose, once
env:
    ./deploy/docker/make-env.sh

[private]
programs:
    cargo build --locked -p promptforge -p devtools
