#!/usr/bin/env bash
# Installs what `cargo build --release` made. The result holds no path of where it stands: it can be moved as a whole.
#
#   bin/autojit-cc, bin/autojit-c++, bin/autojit, bin/autojitd
#   bin/autojit-llvm-ar ...         links to LLVM's tools, where CMake looks for those that belong to the compiler
#   lib/autojit/libautojit_rt.a     linked into every lazy program
#   lib/autojit/autojit_rt.bin      loaded by lazy code that another linker has linked
#   lib/clang/22                    clang's own headers and run-time libraries
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  echo "usage: ${0##*/} --prefix DIR" >&2
  exit 2
}

prefix=
while (($#)); do
  case $1 in
    --prefix)
      (($# > 1)) || usage
      prefix=$2
      shift
      ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    *) usage ;;
  esac
  shift
done
[[ -n $prefix ]] || usage

built=${CARGO_TARGET_DIR:-target}/release
resources=${LLVM_SYS_221_PREFIX:-/usr/lib/llvm-22}/lib/clang/22
for file in "$built"/{autojit-cc,autojit,autojitd,libautojit_rt.a,autojit_rt.bin} "$resources/include"; do
  [[ -e $file ]] || {
    echo "install: error: $file is missing; run scripts/setup.sh and cargo build --release --locked" >&2
    exit 1
  }
done

install -d "$prefix"/{bin,lib/autojit,lib/clang/22}
install -m 755 "$built"/{autojit-cc,autojit,autojitd} "$prefix/bin"
ln -sfn autojit-cc "$prefix/bin/autojit-c++"
for tool in "$built"/autojit-llvm-*; do
  [[ ! -e $tool ]] || cp -P "$tool" "$prefix/bin"
done
install -m 644 "$built"/{libautojit_rt.a,autojit_rt.bin} "$prefix/lib/autojit"
for part in include lib share; do
  [[ ! -e $resources/$part ]] || cp -RL --remove-destination "$resources/$part" "$prefix/lib/clang/22"
done
