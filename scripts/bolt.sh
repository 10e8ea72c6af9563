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
