source=deb:googletest
needs=(cmake ninja-build python3)
configure() { cmake -S . -B out -G Ninja -DCMAKE_BUILD_TYPE=None -Dgtest_build_tests=ON -Dgmock_build_tests=ON >&3; }
build() { cmake --build out -j "$JOBS"; }
check() { cd out && ctest --timeout 300; }
results() { grep -aE 'Test +#' | sed -E 's/^ *[0-9]+\/[0-9]+//; s/\.\.\.*//; s/ +[0-9.]+ sec//' | sort; }
count() { grep -ac 'Passed' || true; }
