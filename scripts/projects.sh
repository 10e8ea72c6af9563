#!/usr/bin/env bash
# Builds real projects by their own build systems with clang and with autojit, in the same folder and under the same
# compiler names, and compares: what configuring found, the results of their own tests, the time of the builds.
# testsuite/projects/NAME.sh describes a project. docs/projects.md shows the results.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

usage() {
  cat <<END
usage: ${0##*/} [options] [NAME...]
Without names: all projects of testsuite/projects.
  --level "FLAGS"   compile with these CFLAGS/CXXFLAGS (default "-O0 -g"; can be repeated)
  --work DIR        where to build (default target/projects); sources are kept there
  --keep            keep the build folders
  --list            list the projects
  --needs           list the packages that they need, beside those of scripts/setup.sh --tests
AUTOJIT_BIN_DIR is the toolchain to test (default target/release). JOBS: default 2.
Results are added to DIR/results.tsv. The exit status is 1 if anything differs, fails with us only, or could not be done.
END
}

levels=() names=() keep=
work=$here/target/projects
while (($#)); do
  case $1 in
    --level) levels+=("${2:?}"); shift ;;
    --work) work=${2:?}; shift ;;
    --keep) keep=1 ;;
    --list) (cd "$here/testsuite/projects" && printf '%s\n' *.sh | sed 's/\.sh$//'); exit ;;
    --needs)
      for description in "$here"/testsuite/projects/*.sh; do
        (needs=() && . "$description" && printf '%s\n' "${needs[@]}")
      done | sed '/^$/d' | sort -u
      exit
      ;;
    --help | -h) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done
((${#levels[@]})) || levels=("-O0 -g")
((${#names[@]})) || mapfile -t names < <("$0" --list)
mkdir -p "$work"
work=$(cd "$work" && pwd)
tested=$(cd "${AUTOJIT_BIN_DIR:-${CARGO_TARGET_DIR:-$here/target}/release}" && pwd)
export JOBS=${JOBS:-2} LC_ALL=C.UTF-8 TZ=UTC

# The same names for both, so that nothing that configuring writes down can differ.
tools() { # CC CXX FOLDER
  mkdir -p "$3"
  local name
  for name in cc clang gcc; do ln -sfn "$1" "$3/$name"; done
  for name in c++ clang++ g++; do ln -sfn "$2" "$3/$name"; done
}
tools "$(command -v clang-22)" "$(command -v clang++-22)" "$work/tools-clang"
tools "$tested/autojit-cc" "$tested/autojit-c++" "$work/tools-autojit"

# A Debian source package, by the machine's own archive but without changing the machine's settings.
fetch_deb() { # PACKAGE FOLDER
  local apt=$work/apt
  if [[ ! -e $apt/done ]]; then
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,parts}
    local release mirror
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 debian) ||
      { echo "no Debian archive is among this machine's apt sources" >&2; return 1; }
    echo "deb-src $mirror $release main" >"$apt/sources.list"
    apt_private update -qq
    touch "$apt/done"
  fi
  mkdir -p "$work/download"
  (cd "$work/download" && apt_private source --download-only -qq "$1" >&2)
  local dsc
  dsc=$(apt_private source --print-uris -qq "$1" | sed -n "s/^'[^']*' \([^ ]*\.dsc\) .*/\1/p")
  dpkg-source --no-check --skip-patches -x "$work/download/$dsc" "$2" >/dev/null
}
apt_private() {
  local apt=$work/apt
  apt-get -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/parts" -o Dir::State::Lists="$apt/lists" \
    -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root "$@"
}

# A source distribution from PyPI: NAME==VERSION.
fetch_pypi() { # REQUIREMENT FOLDER
  local name=${1%%==*} version=${1##*==} index url
  # pip itself would first build what it is asked to download.
  index=$(python3 -m pip config get global.index-url 2>/dev/null) ||
    index=$(python3 -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')
  mkdir -p "$work/download"
  url=$(curl -fsS "${index%/}/$name/" | grep -o "https://[^\"#]*/$name-$version\.tar\.gz" | head -n1)
  curl -fsS -o "$work/download/$name-$version.tar.gz" "$url"
  mkdir -p "$2"
  tar xzf "$work/download/$name-$version.tar.gz" -C "$2" --strip-components=1
}

fetch() { # SOURCE FOLDER
  [[ -d $2 ]] && return
  rm -rf "$2.new"
  case $1 in
    deb:*) fetch_deb "${1#deb:}" "$2.new" ;;
    pypi:*) fetch_pypi "${1#pypi:}" "$2.new" ;;
    *) echo "no such source: $1" >&2; return 1 ;;
  esac
  mv "$2.new" "$2"
}

# What may differ between two runs that do the same.
mask() {
  sed -E -e 's/[0-9]+(\.[0-9]+)?[ ]?(s|ms|sec|secs|seconds|usecs)\b/TIME/g' -e 's/0x[0-9a-f]{6,}/ADDRESS/g' -e 's/tools-(clang|autojit)/tools/g' -e 's/pid[ :=]*[0-9]+/PID/Ig'
}

# The defaults of what a project's script defines.
defaults() {
  source= needs=() time_limit=1500 folder=. config_files=() unprivileged=
  configure() { ./configure >&3; }
  build() { make -j"$JOBS"; }
  check() { make check; }
  # From the output of `check` (stdin) the lines that must be the same.
  results() { grep -aE '^(PASS|FAIL|XFAIL|XPASS|SKIP|ERROR): ' | sort; }
  # How many tests passed, from those lines.
  count() { grep -acE '^PASS' || true; }
}

# One step of a build, in a shell of its own. Tests that do not work as root are run as nobody.
step() { # SIDE NAME STEP LOG
  local TIMEFORMAT='%R %U %S' as=()
  if [[ $3 == check && $unprivileged ]] && ((EUID == 0)); then
    mkdir -p -m 700 "$work/runtime-nobody"
    chown -R nobody:nogroup "$work/build" "$work/runtime-nobody"
    as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$work/build" XDG_RUNTIME_DIR="$work/runtime-nobody" XDG_CACHE_HOME="$work/runtime-nobody")
  fi
  {
    time "${as[@]}" timeout -k 20 "$time_limit" env PATH="$work/tools-$1:$PATH" CC=cc CXX=c++ CFLAGS="$level" CXXFLAGS="$level" LEVEL="$level" \
      SIDE="$1" WORK="$work" bash -euo pipefail -c "$(declare -f defaults); defaults; . '$here/testsuite/projects/$2.sh'; cd \"\$folder\"; $3" \
      >"$4" 2>"$4.err" 3>"$4.found" </dev/null
  } 2>"$4.time" || return
}

cpu() { awk '{ printf "%.1f/%.1f", $1, $2 + $3 }' "$1"; }

one_side() { # SIDE NAME SOURCES LOGS
  local side=$1 name=$2 sources=$3 logs=$4 build=$work/build s
  cd "$work"
  rm -rf "$build"
  cp -a "$sources" "$build"
  cd "$build"
  for s in configure build check; do
    if ! step "$side" "$name" "$s" "$logs/$side.$s"; then
      echo "$side: $s failed" >"$logs/$side.failed"
      [[ $s == check ]] || return 0
    fi
  done
  (
    defaults
    . "$here/testsuite/projects/$name.sh"
    { cat "$logs/$side.check" "$logs/$side.check.err"; } | results | mask >"$logs/$side.results" || true
    count <"$logs/$side.results" >"$logs/$side.count"
    mask <"$logs/$side.configure.found" >"$logs/$side.found"
    cd "$folder"
    local file
    find . -name 'config.h' -o -name 'config.mk' | sort | while read -r file; do
      echo "== $file"
      cat "$file"
    done >>"$logs/$side.found"
    for file in "${config_files[@]}"; do
      echo "== $file"
      cat "$file"
    done >>"$logs/$side.found"
  )
}

status=0
for name in "${names[@]}"; do
  defaults
  . "$here/testsuite/projects/$name.sh"
  missing=()
  for package in "${needs[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  sources=$work/sources/$name
  mkdir -p "$work/sources"
  if ((${#missing[@]})); then
    echo "$name: not done: needs ${missing[*]}"
    status=1
    continue
  elif ! fetch "$source" "$sources"; then
    echo "$name: not done: no sources"
    status=1
    continue
  fi
  version=${source#*==}
  [[ $source == deb:* ]] && version=$(dpkg-parsechangelog -l "$sources/debian/changelog" -S Version)
  for level in "${levels[@]}"; do
    logs=$work/logs/$name${level// /}
    rm -rf "$logs"
    mkdir -p "$logs"
    for side in clang autojit; do
      one_side "$side" "$name" "$sources" "$logs"
      if [[ $keep ]]; then
        rm -rf "$work/kept/$name-$side"
        mkdir -p "$work/kept"
        mv "$work/build" "$work/kept/$name-$side"
      fi
    done
    cd "$work"
    rm -rf "$work/build"
    verdict=same
    cmp -s "$logs/clang.found" "$logs/autojit.found" || verdict="configure differs"
    cmp -s "$logs/clang.results" "$logs/autojit.results" || verdict="results differ"
    [[ -s $logs/clang.results ]] || verdict="no results"
    if [[ -e $logs/autojit.failed ]]; then
      verdict=$(<"$logs/autojit.failed")
      [[ -e $logs/clang.failed ]] && verdict+=", $(<"$logs/clang.failed")"
      # The same tests fail with clang: known, and equal.
      if [[ -e $logs/clang.failed && $verdict == "autojit: check failed, clang: check failed" && -s $logs/clang.results ]] &&
        cmp -s "$logs/clang.results" "$logs/autojit.results"; then
        verdict="same (tests fail with clang too)"
      fi
    elif [[ -e $logs/clang.failed ]]; then
      verdict="only $(<"$logs/clang.failed")"
    fi
    [[ $verdict == same* ]] || status=1
    row=("$name" "$version" "$level" "$verdict" "$(cat "$logs/clang.count" 2>/dev/null || echo -)" "$(cat "$logs/autojit.count" 2>/dev/null || echo -)")
    for s in configure build check; do
      for side in clang autojit; do
        row+=("$(cpu "$logs/$side.$s.time" 2>/dev/null || echo -)")
      done
    done
    row+=("$(date -u +%F)")
    (IFS=$'\t' && echo "${row[*]}") | tee -a "$work/results.tsv"
  done
done
exit "$status"
