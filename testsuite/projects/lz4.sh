source=deb:lz4
configure() { :; }
build() { make -j"$JOBS" && make -j"$JOBS" -C tests; }
check() { make -C tests test-lz4-basic test-frametest test-lz4-testmode test-lz4-multiple FUZZER_TIME=-T20s NB_LOOPS=-i1; }
results() { grep -aE '^(PASS|.*rror)|OK|ompleted' | sort | uniq -c; }
