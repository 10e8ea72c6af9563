#!/usr/bin/env bash
# Runs a program under gdb. What it reads, what it prints and how it ends is the program's own:
#   AUTOJIT_TEST_UNDER=testsuite/debuggers/under_gdb.sh AUTOJIT_TEST_OPT="O0+g O2+g" cargo test --release --test programs
set -u
exec 3<&0 4>&1 5>&2
program=$1
shift
arguments=
(($# == 0)) || printf -v arguments ' %q' "$@"
said=$(gdb -nx -batch \
  -ex 'handle all nostop noprint pass' \
  -ex "run$arguments <&3 >&4 2>&5" \
  -ex 'echo \n' -ex 'output $_exitcode' -ex 'echo \n' -ex 'output $_exitsignal' -ex 'echo \n' \
  "$program" 2>&1 3<&3 4>&4 5>&5 </dev/null)
code=$(tail -2 <<<"$said" | head -1)
signal=$(tail -1 <<<"$said")
case $code,$signal in
  void,void)
    echo "gdb: the program did not end" >&2
    echo "$said" >&2
    exit 126
    ;;
  void,*)
    ulimit -c 0
    kill -s "$signal" $$
    ;;
  *) exit "$code" ;;
esac
