# needs: ccache
export CCACHE_DIR=$PWD/cache CCACHE_NODEBUG=1
hits() { ccache --print-stats | awk '$1 ~ /^(direct|preprocessed)_cache_hit$/ { n += $2 } END { print n }'; }
for options in "-O0 -g" "-O2" "-O0 -DTEXT=\"other\"" "-O0 -MMD -MF out.d"; do
  for round in first second; do
    rm -f program.o
    ccache cc $options -c program.c -o program.o
    cp program.o "$round.o"
    cc program.o -o program
    ./program
    echo "$options, $round: $(hits) hits"
  done
  cmp first.o second.o
  lazy program.o
done
CCACHE_PREFIX= CCACHE_CPP2=1 ccache cc -O0 -c program.c -o program.o
CCACHE_DEPEND=1 ccache cc -O0 -MMD -c program.c -o program.o
