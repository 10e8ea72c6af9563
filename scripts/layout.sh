#!/usr/bin/env bash
# Counts anew what compiling and running small projects takes of clang's and LLVM's code, for the links of release builds:
#
#   scripts/functions.order                    functions, in the order in which the linker is to put them (build.rs)
#   scripts/autojit-cc.fdata.xz, autojitd ...  how often each jump is taken, for llvm-bolt (scripts/linker.sh)
#
# To be run when the LLVM packages change, or a lot of what we call. Takes ten minutes. A name that a library does not have does no harm.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --layout
AUTOJIT_LAYOUT=relocations cargo build --release --locked
built=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR=$work XDG_CACHE_HOME=$work/cache AUTOJIT_CACHE=off
scripts/install.sh --prefix "$work/tree"
bin=$work/tree/bin

# quietly COMMAND...: shows what a command says only if it fails.
quietly() {
  "$@" >>"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
  }
}

# instrument PROGRAM PROFILE: installs it so that each of its processes writes PROFILE.PID.fdata when it ends. It stands where the
# plain one would, so that it finds the same files.
instrument() {
  quietly llvm-bolt-22 "$built/$1" -o "$bin/$1" -instrument --instrumentation-file="$2" --instrumentation-file-append-pid
}

# The daemon ends without its destructors, by which instrumented programs write what they have counted.
end=$work/end.so
clang-22 -shared -fPIC -x c - -o "$end" <<'C'
#include <link.h>
#include <sys/syscall.h>
#include <unistd.h>
void _exit(int status) {
  struct link_map *program = _r_debug.r_map;
  for (ElfW(Dyn) *entry = program->l_ld; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_FINI)
      ((void (*)(void))(program->l_addr + entry->d_un.d_ptr))();
  for (;;)
    syscall(SYS_exit_group, status);
}
C

# The first process compiles an empty main: what every compile runs comes first.
instrument autojit-cc "$work/first"
scripts/train.py empty "$bin/autojit-cc" "$work/empty"
instrument autojit-cc "$work/compiler"
scripts/train.py compile "$bin/autojit-cc" "$work/compiled"

install -m 755 "$built/autojit-cc" "$bin"
instrument autojitd "$work/daemon"
LD_PRELOAD=$end "$bin/autojitd" --foreground 2>>"$work/log" &
sleep 2
scripts/train.py run "$bin/autojit-cc" "$work/run"
"$bin/autojit" daemon stop
wait

for part in first compiler daemon; do
  merge-fdata-22 "$work/$part".*.fdata -o "$work/$part.merged" 2>>"$work/log"
done
order() {
  quietly llvm-bolt-22 "$built/$1" -o "$work/unused" -data="$work/$2.merged" -use-gnu-stack -reorder-functions=cdsort \
    -generate-function-order="$work/$2.order"
}
order autojit-cc first
order autojit-cc compiler
order autojitd daemon

# Local functions have their number behind a slash. Names of Rust's functions change with every build.
sed 's|/.*||' "$work"/{first,compiler,daemon}.order | grep -vE '^_R|17h[0-9a-f]{16}E' | awk '!seen[$0]++' >scripts/functions.order
wc -l scripts/functions.order

# keep PROFILE FILE: counts to the nearest power of four are all that a layout needs, and take half of the room. The lines are
# those that merge-fdata writes: from and to (1, function, offset), mispredictions, count.
keep() {
  awk '{ $7 = 0; $8 = $8 < 2 ? 1 : 4 ^ int(log($8) / log(4) + 0.5); print }' "$work/$1.merged" | LC_ALL=C sort | xz -9e >"scripts/$2.fdata.xz"
  ls -l "scripts/$2.fdata.xz"
}
keep compiler autojit-cc
keep daemon autojitd
