source=deb:libzstd
configure() { :; }
build() { make -j"$JOBS" -C lib && make -j"$JOBS" zstd && make -j"$JOBS" -C tests fuzzer zstreamtest; }
check() { (cd tests && ./fuzzer -i60 -v -s7 && ./zstreamtest -i20 -v -s7) 2>&1; cd tests && ./zstreamtest --newapi -i10 -s7 2>&1; }
results() { tr '\r' '\n' | grep -aE '^test *[0-9]+|: OK|rror' | sed 's/ *\r.*//' ; }
count() { grep -ac 'OK' || true; }
