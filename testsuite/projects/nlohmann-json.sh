# Without the tests that read files of a repository that the build would download.
source=deb:nlohmann-json3
needs=(cmake ninja-build)
configure() { cmake -S . -B out -G Ninja -DCMAKE_BUILD_TYPE=None -DJSON_BuildTests=ON -DJSON_TestStandards=11 -DJSON_TestDataDirectory="$PWD/none" >&3; }
build() { cmake --build out -j "$JOBS" -- -k 0; }
check() { cd out/tests && for t in ./test-*; do echo "== $t"; $t --no-skip=false --duration=false || true; done; }
results() { grep -aE '^(==|\[doctest\] (test cases|assertions|Status))'; }
count() { sed -nE 's/.*assertions: *([0-9]+) .*/\1/p' | awk '{ n += $1 } END { print n }'; }
