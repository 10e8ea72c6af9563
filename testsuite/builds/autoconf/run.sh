# needs: autoconf automake libtoolize make
mkdir -p m4
autoreconf -fi >/dev/null 2>&1
./configure --prefix="$PWD/installed" CFLAGS="-O0 -g" CXXFLAGS="-O0 -g" | sed -E 's/[0-9]+ bytes//'
cat config.h
make -j2 >/dev/null
make check | grep -E '^(# |PASS|FAIL)'
make install >/dev/null
installed/bin/program
(cd installed && find . -type f -o -type l | sort)
objdump -p installed/lib/libanswer.so | grep SONAME
lazy installed/bin/program installed/lib/libanswer.so installed/lib/libanswer.a
make distclean >/dev/null
ls
