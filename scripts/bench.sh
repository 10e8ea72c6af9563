#!/usr/bin/env bash
# Measures autojit-cc against clang-22 and prints a Markdown table (docs/benchmarks.md keeps one). See bench.py; `bench.sh builds`
# compares builds with more compilers, see bench_builds.py.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --bench
cargo build --release --locked
if [[ ${1-} == builds ]]; then
  exec python3 scripts/bench_builds.py "${@:2}"
fi
exec python3 scripts/bench.py "$@"
