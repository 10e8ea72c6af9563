#!/usr/bin/env bash
# The linker that cargo calls (.cargo/config.toml): cc, and behind it llvm-bolt for the compiler and the daemon of a release build.
# Bolt puts the parts of functions that compiles run into one place, by what scripts/layout.sh has counted: a sixth of every compile.
# Without bolt, or where it fails, the programs are as cc links them. Takes half a minute.
#
# AUTOJIT_LAYOUT in the environment of the build: `off` leaves bolt out, `relocations` links what bolt can read and stops there.
set -euo pipefail
scripts=$(dirname "$0")
cc=${AUTOJIT_BUILD_CC:-cc}

output=
for ((i = 1; i < $#; i++)); do
  [[ ${!i} == -o ]] && next=$((i + 1)) && output=${!next}
done
case $output in
  */release/deps/autojit_cc-*) program=autojit-cc ;;
  */release/deps/autojitd-*) program=autojitd ;;
  *) exec "$cc" "$@" ;;
esac
bolt=${LLVM_SYS_221_PREFIX:-/usr/lib/llvm-22}/bin/llvm-bolt
profile=$scripts/$program.fdata.xz
# A program of unit tests has its program's name.
if [[ ${AUTOJIT_LAYOUT-} == off || ! -x $bolt || " $* " == */libtest-* ]]; then
  exec "$cc" "$@"
fi

# Bolt reads no lines that it would have to change, and keeps none.
relocatable=(-Wl,--emit-relocs -Wl,--strip-debug)
if [[ ${AUTOJIT_LAYOUT-} == relocations ]]; then
  exec "$cc" "$@" "${relocatable[@]}"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cc" "$@" "${relocatable[@]}"
if xz -dc "$profile" >"$work/profile" &&
  "$bolt" "$output" -o "$work/program" -data="$work/profile" -use-gnu-stack -reorder-functions=cdsort \
    -reorder-blocks=ext-tsp -split-functions -split-all-cold -split-eh >"$work/log" 2>&1 &&
  "$work/program" --version >>"$work/log" 2>&1; then
  cp "$work/program" "$output"
else
  tail -n 5 "$work/log" >&2 || true
  echo "linker.sh: note: llvm-bolt failed: $program is built without it, and takes a sixth more time for what it does" >&2
  "$cc" "$@"
fi
