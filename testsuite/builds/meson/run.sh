# needs: meson ninja
for options in "" "--unity=on --buildtype=release" "--default-library=both -Db_pie=true"; do
  rm -rf out
  meson setup $options --prefix="$PWD/installed" out | grep -E '^(Message|Checking|Compiler|Header|Fetching)'
  meson compile -C out >/dev/null
  meson test -C out | grep -E '^(Ok|Fail)'
  DESTDIR= meson install -C out >/dev/null
  out/program
  lazy out/program out/libshared.so
done
