#!/usr/bin/env bash
# From a fresh checkout to a running lazy program: installs what is missing, builds, compiles examples/hello.c, runs
# it, and says what that did. Leaves nothing behind but target/.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cargo build --release --locked
bin=${CARGO_TARGET_DIR:-$PWD/target}/release

work=$(mktemp -d)
# A runtime directory of its own, so that the daemon's numbers are those of this program.
export XDG_RUNTIME_DIR=$work
cleanup() {
  "$bin/autojit" daemon stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

# Runs a command and sets $ms to how long that took.
timed() {
  local start=${EPOCHREALTIME/[^0-9]/} micros
  "$@"
  micros=$((${EPOCHREALTIME/[^0-9]/} - start))
  ms=$((micros / 1000)).$((micros / 100 % 10))
}

timed "$bin/autojit-cc" -O0 -g examples/hello.c -o "$work/hello"
compile=$ms
timed "$work/hello"
first=$ms
timed "$work/hello" >"$work/again"
second=$ms

left_out=$("$bin/autojit" inspect "$work/hello" | head -n1)
status=$("$bin/autojit" daemon status)
value() { sed -n "s/^$1  *//p" <<<"$status"; }
echo
echo "left out:             ${left_out#*: }"
echo "compiled at run time: $(value 'functions compiled') functions in $(value 'time compiling'); the second run found $(value 'functions found') of them ready"
echo "time:                 compile and link $compile ms, first run (and daemon start) $first ms, second run $second ms"
