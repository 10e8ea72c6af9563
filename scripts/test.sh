#!/usr/bin/env bash
# All checks and tests; with --all the long ones too. What CI runs.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
  '') ;;
  --all) export AUTOJIT_TEST_ALL=1 ;;
  *)
    echo "usage: ${0##*/} [--all]" >&2
    exit 2
    ;;
esac

step() {
  echo "== $*"
  "$@"
}

step scripts/setup.sh --tests
step cargo fmt --all --check
step cargo clippy --workspace --all-targets --locked -- -D warnings
mapfile -t shims < <(git ls-files -- 'driver/clang/*.cpp' 'driver/clang/*.h' 'passes/llvm/*.h' 'runtime/engine/llvm/*.cpp' 'runtime/engine/llvm/*.h')
step clang-format-22 --style=file --dry-run -Werror "${shims[@]}"
step cargo build --release --locked

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
step cargo test --workspace --release --locked --no-fail-fast 2>&1 | tee "$log" || status=$?
echo
echo "== results"
grep -E '^ +(Running|Doc-tests) |^test result:|^test .* \.\.\. FAILED|^error: ' "$log" || true
if [[ -n ${AUTOJIT_TEST_ALL-} ]]; then
  # Real projects, by their own build systems and tests: hours.
  step scripts/projects.sh --level "-O0 -g" --level "-O2" || status=$?
fi
exit "$status"
