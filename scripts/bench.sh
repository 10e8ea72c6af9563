#!/usr/bin/env bash
# Measures autojit-cc against clang-22 and prints a Markdown table (docs/benchmarks.md keeps one). See bench.py; `bench.sh builds`
# compares builds with more compilers, see bench_builds.py, and `bench.sh debug` debug sessions, see bench_debug.py.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --bench
cargo build --release --locked
if [[ ${1-} == builds || ${1-} == debug ]]; then
  exec python3 "scripts/bench_$1.py" "${@:2}"
fi
exec python3 scripts/bench.py "$@"
