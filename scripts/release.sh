#!/usr/bin/env bash
# Makes a release: like `cargo build --release`, then the compiler and the daemon are laid out anew by llvm-bolt after what they do with
# real programs, and all is installed. Takes some minutes;
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
export XDG_RUNTIME_DIR=$work XDG_CACHE_HOME=$work/cache AUTOJIT_CACHE=off

# lay_out PROGRAM: installs it as what it has counted while it was trained says.
lay_out() {
  merge-fdata-22 "$work/$1".profile.*.fdata -o "$work/$1.merged" 2>>"$work/log"
  quietly "$work/log" llvm-bolt-22 "$work/$1" -o "$work/$1.bolted" -data="$work/$1.merged" -use-gnu-stack \
    -reorder-functions=cdsort -reorder-blocks=ext-tsp -split-functions -split-all-cold -split-eh
  install -m 755 "$work/$1.bolted" "$prefix/bin/$1"
}

for program in autojit-cc autojitd; do
  relocatable $program "$work/$program"
done

# The instrumented programs stand where the released ones will, so that they find the same files.
instrument "$work/autojit-cc" "$prefix/bin/autojit-cc" "$work/autojit-cc.profile"
scripts/train.py compile "$prefix/bin/autojit-cc" "$work/compiled"
lay_out autojit-cc

instrument "$work/autojitd" "$prefix/bin/autojitd" "$work/autojitd.profile"
train_daemon "$prefix/bin" "$work/run"
lay_out autojitd
echo "release: installed in $prefix"
