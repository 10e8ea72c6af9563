source=deb:bzip2
configure() { :; }
build() { make -j"$JOBS" libbz2.a bzip2 bzip2recover CC=cc CFLAGS="-Wall -Winline -D_FILE_OFFSET_BITS=64 $LEVEL"; }
check() { make check CC=cc CFLAGS="-D_FILE_OFFSET_BITS=64 $LEVEL" && echo "PASS: make check"; }
