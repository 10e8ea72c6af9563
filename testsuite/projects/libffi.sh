# It forgets to declare a function, which clang takes as an error by now.
source=deb:libffi
needs=(dejagnu)
configure() { ./configure CFLAGS="$LEVEL -Wno-implicit-function-declaration" >&3; }
check() { make check; cat */testsuite/libffi.sum; }
results() { grep -aE '^(PASS|FAIL|XFAIL|XPASS|UNRESOLVED|UNSUPPORTED|# of)' | sort; }
