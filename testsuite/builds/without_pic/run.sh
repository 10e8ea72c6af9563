# A library of code that was compiled for a program: it only calls what others may define.
for level in -O0 -O2 -g; do
  for linker in bfd gold lld; do
    cc $level -fuse-ld=$linker -shared part.c -o libpart.so
    lazy libpart.so
    for own in "" -DOWN; do
      cc $own program.c ./libpart.so -o program
      echo "$level $linker $own $(./program)"
    done
  done
done
cc -c part.c
ar rc libpart.a part.o
cc -shared -Wl,--whole-archive libpart.a -Wl,--no-whole-archive -o libpart.so
./program
