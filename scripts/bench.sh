#!/usr/bin/env bash
# Measures autojit-cc against clang-22 and prints a Markdown table (docs/benchmarks.md keeps one). See bench.py.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --bench
cargo build --release --locked
exec python3 scripts/bench.py "$@"
