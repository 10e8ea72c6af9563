# What scripts/release.sh and scripts/layout.sh share: programs that llvm-bolt can read, and such that count what they run.
# To be sourced, in the repository's root.

built=${CARGO_TARGET_DIR:-target}/release

# relocatable PROGRAM FILE: what cargo has built, with the relocations that bolt needs. The plain program stays in the build's folder.
relocatable() {
  local plain=$built/.$1.plain
  cp -p "$built/$1" "$plain"
  cargo rustc --release --locked --bin "$1" -- -C link-arg=-Wl,--emit-relocs -C link-arg=-Wl,--strip-debug
  # Bolt takes a Rust name with `.warm` or `.cold` in it (of a module that is called so) for that of a part of a function.
  nm "$built/$1" | awk '/\.\.(warm|cold)/ { new = $NF; gsub(/\.\.warm/, "..w", new); gsub(/\.\.cold/, "..c", new); print $NF, new }' |
    sort -u >"$2.names"
  llvm-objcopy-22 --redefine-syms="$2.names" "$built/$1" "$2"
  mv "$plain" "$built/$1"
}

# quietly LOG COMMAND...: shows what a command says only if it fails.
quietly() {
  local log=$1
  shift
  "$@" >>"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
}

# instrument FILE PROGRAM PROFILE: each process of the program will write PROFILE.PID.fdata when it ends.
instrument() {
  quietly "$work/log" llvm-bolt-22 "$1" -o "$2" -instrument --instrumentation-file="$3" --instrumentation-file-append-pid
}

# train_daemon BIN FOLDER: runs programs with the instrumented daemon in BIN.
train_daemon() {
  # It ends without its destructors, by which instrumented programs write what they have counted.
  clang-22 -shared -fPIC -x c - -o "$work/end.so" <<'C'
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
  LD_PRELOAD=$work/end.so "$1/autojitd" --foreground 2>>"$work/log" &
  sleep 2
  scripts/train.py run "$1/autojit-cc" "$2"
  "$1/autojit" daemon stop
  wait
}
