#!/usr/bin/env bash
# Makes a release: like `cargo build --release`, then the compiler is laid out anew by llvm-bolt after what it does in
# real compiles, and all is installed. Takes some minutes;
# scripts/quickstart.sh does without.
#
#   scripts/release.sh --prefix DIR
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/bolt.sh

[[ ${1-} == --prefix=* ]] && set -- --prefix "${1#--prefix=}"
if (($# != 2)) || [[ $1 != --prefix ]]; then
  echo "usage: ${0##*/} --prefix DIR" >&2
  exit 2
fi
prefix=$2

scripts/setup.sh --release
cargo build --release --locked
scripts/install.sh --prefix "$prefix"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work
relocatable autojit-cc "$work/relocatable"

# The instrumented compiler stands where the released one will, so that it finds the same files.
instrument "$work/relocatable" "$prefix/bin/autojit-cc" "$work/profile"
scripts/train.py compile "$prefix/bin/autojit-cc" "$work/training"
merge-fdata-22 "$work"/profile.*.fdata -o "$work/merged" 2>>"$work/log"
quietly "$work/log" llvm-bolt-22 "$work/relocatable" -o "$work/bolted" -data="$work/merged" -use-gnu-stack \
  -reorder-functions=cdsort -reorder-blocks=ext-tsp -split-functions -split-all-cold -split-eh
install -m 755 "$work/bolted" "$prefix/bin/autojit-cc"
echo "release: installed in $prefix"
