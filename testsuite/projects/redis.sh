source=deb:redis
needs=(tcl)
configure() { :; }
build() { make -j"$JOBS" CC=cc OPTIMIZATION= CFLAGS="$LEVEL" MALLOC=jemalloc V=1; }
# The unit tests that need neither a cluster nor minutes.
check() {
  ./src/redis-server test all --accurate || true
  local tests=(unit/printver unit/dump unit/auth unit/protocol unit/keyspace unit/scan unit/info unit/type/string unit/type/incr
    unit/type/list unit/type/set unit/type/hash unit/type/zset unit/type/stream unit/sort unit/expire unit/other unit/multi unit/quit
    unit/acl unit/pubsub unit/slowlog unit/scripting unit/functions unit/bitops unit/bitfield unit/geo unit/hyperloglog unit/lazyfree
    unit/aofrw unit/introspection unit/limits integration/aof integration/rdb integration/logging integration/redis-cli)
  local t arguments=()
  for t in "${tests[@]}"; do arguments+=(--single "$t"); done
  ./runtest --clients 2 --no-latency --tags "-slow -needs:other-server" "${arguments[@]}" | sed 's/\x1b\[[0-9;]*m//g'
}
results() { grep -aE '^\[(ok|err|exception|ignore|skip)\]' | sed -E 's/ \([0-9.]+ m?s\)//; s/[0-9]+ (ms|microseconds)//; s/(seed|Seed|took|with|expected).*//; s/[0-9]{3,}//g' | sort; }
count() { grep -ac '^\[ok\]' || true; }
