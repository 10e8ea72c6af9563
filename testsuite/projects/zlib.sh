source=deb:zlib
build() { make -j"$JOBS" all; }
check() { make test && make infcover && ./infcover; }
results() { grep -aE 'test OK|tests? ok|inflate|gz|code' | sort; }
count() { grep -ac 'test OK' || true; }
