#!/usr/bin/env bash
# Installs what building autojit needs on Debian 12, and with --tests, --bench or --layout what those need.
# Packages come from the apt sources that the machine has. Does nothing if all is there.
set -euo pipefail

packages=(build-essential binutils clang-22 llvm-22-dev llvm-22-tools libclang-22-dev libclang-rt-22-dev lld-22
  xz-utils libzstd-dev zlib1g-dev libxml2-dev)
# The compiler is built without it, too, and takes a sixth more time for what it does.
packages+=(bolt-22)
components=()
for argument in "$@"; do
  case $argument in
    --tests)
      packages+=(clang-format-22 lldb-22 gdb linux-perf make valgrind cmake ninja-build libc++-22-dev libc++abi-22-dev
        nlohmann-json3-dev libfmt-dev doctest-dev googletest
        csmith libcsmith-dev autoconf automake libtool ccache meson gfortran libomp-22-dev libunwind-dev tcc patchelf)
      if [[ -n ${AUTOJIT_TEST_ALL-} ]]; then
        mapfile -t projects < <("$(dirname "$0")/projects.sh" --needs)
        # chromium for the page of `autojit report`: some 50 packages.
        packages+=(chromium dpkg-dev curl python3 "${projects[@]}")
      fi
      components=(fmt clippy)
      ;;
    --bench) packages+=(hyperfine python3 gcc g++ tcc nlohmann-json3-dev libfmt-dev doctest-dev) ;;
    --layout) packages+=(python3 nlohmann-json3-dev libfmt-dev) ;;
    *)
      echo "usage: ${0##*/} [--tests] [--bench] [--layout]" >&2
      exit 2
      ;;
  esac
done

fail() {
  echo "setup: error: $*" >&2
  exit 1
}

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=none
  [[ $state == installed ]] || missing+=("$package")
done

if ((${#missing[@]})); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "these packages are missing, and this is neither root nor is there sudo: ${missing[*]}"
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -q
  found=()
  for package in "${missing[@]}"; do
    candidate=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
    if [[ -n $candidate && $candidate != '(none)' ]]; then
      found+=("$package")
    elif [[ $package == bolt-22 ]]; then
      echo "setup: note: no apt source of this machine has $package; the compiler will not be laid out by it" >&2
    else
      fail "no apt source of this machine has $package; add one that has LLVM 22 and run this again"
    fi
  done
  if ((${#found[@]})); then
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${found[@]}"
  fi
fi

command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.95 or newer"
version=$(cargo --version | cut -d' ' -f2)
[[ $(printf '%s\n' 1.95 "$version" | sort -V | head -n1) == 1.95 ]] || fail "cargo $version is too old: Rust 1.95 or newer is needed"
for component in "${components[@]}"; do
  cargo "$component" --version >/dev/null 2>&1 || fail "cargo $component is missing: install Rust's rustfmt and clippy"
done
