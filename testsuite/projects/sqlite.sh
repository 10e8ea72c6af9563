source=deb:sqlite3
needs=(tcl-dev)
unprivileged=1
configure() { ./configure --enable-fts5 --enable-rtree --disable-readline --with-tcl=/usr/lib/tcl8.6 >&3; }
build() { make -j"$JOBS" sqlite3 testfixture; }
check() { ./testfixture test/veryquick.test; }
results() { grep -aE '^(! |[0-9]+ errors|Failures|!Failures)' | sed -E 's/ on [^ ]* Linux.*//'; }
count() { sed -nE 's/.* out of ([0-9]+) tests.*/\1/p'; }
