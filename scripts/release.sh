#!/usr/bin/env bash
# Makes a release: builds the compiler and the daemon, laid out by llvm-bolt (scripts/linker.sh), and installs all.
#
#   scripts/release.sh --prefix DIR
set -euo pipefail
cd "$(dirname "$0")/.."

[[ ${1-} == --prefix=* ]] && set -- --prefix "${1#--prefix=}"
if (($# != 2)) || [[ $1 != --prefix ]]; then
  echo "usage: ${0##*/} --prefix DIR" >&2
  exit 2
fi

scripts/setup.sh
cargo build --release --locked
scripts/install.sh --prefix "$2"
echo "release: installed in $2"
