source=deb:lz4
configure() { :; }
build() { make -j"$JOBS" && make -j"$JOBS" -C tests; }
check() { make -C tests test-lz4-basic test-frametest test-lz4-testmode test-lz4-multiple FUZZER_TIME=-T20s NB_LOOPS=-i1; }
# Fuzzers report as far as they have come by then; what counts is that they end.
results() { tr '\r' '\n' | grep -aE '^PASS|rror|OK|ompleted' | sed -E 's/^[0-9 ]*(All tests completed).*/\1/' | sort | uniq -c; }
count() { grep -acE 'OK|ompleted|PASS' || true; }
