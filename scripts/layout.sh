#!/usr/bin/env bash
# Makes scripts/functions.order anew: the functions of clang and LLVM that compiling and running small projects takes, in the
# order in which the linker is to put them (build.rs). To be run when the LLVM packages change, or a lot of what we call.
# Takes ten minutes. A name that a library does not have does no harm.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/bolt.sh

scripts/setup.sh --release
cargo build --release --locked
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work XDG_CACHE_HOME=$work/cache AUTOJIT_CACHE=off
scripts/install.sh --prefix "$work/tree"

for program in autojit-cc autojitd; do
  relocatable $program "$work/$program"
done

# The first process compiles an empty main: what every compile runs comes first.
instrument "$work/autojit-cc" "$work/tree/bin/autojit-cc" "$work/first"
scripts/train.py empty "$work/tree/bin/autojit-cc" "$work/empty"
instrument "$work/autojit-cc" "$work/tree/bin/autojit-cc" "$work/compiler"
scripts/train.py compile "$work/tree/bin/autojit-cc" "$work/compiled"

install -m 755 "$built/autojit-cc" "$work/tree/bin"
instrument "$work/autojitd" "$work/tree/bin/autojitd" "$work/daemon"
train_daemon "$work/tree/bin" "$work/run"

for part in first compiler daemon; do
  merge-fdata-22 "$work/$part".*.fdata -o "$work/$part.merged" 2>>"$work/log"
done
order() {
  quietly "$work/log" llvm-bolt-22 "$work/$1" -o "$work/unused" -data="$work/$2.merged" -use-gnu-stack -reorder-functions=cdsort \
    -generate-function-order="$work/$2.order"
}
order autojit-cc first
order autojit-cc compiler
order autojitd daemon

# Local functions have their number behind a slash. Names of Rust's functions change with every build.
sed 's|/.*||' "$work"/{first,compiler,daemon}.order | grep -vE '^_R|17h[0-9a-f]{16}E' | awk '!seen[$0]++' >scripts/functions.order
wc -l scripts/functions.order
