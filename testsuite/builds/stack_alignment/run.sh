# What one program is compiled with does not hold for the next one that the same daemon compiles.
for level in -O0 -O2; do
  cc $level -c ordinary.c -o ordinary.o
  cc $level -mstack-alignment=64 -c aligned.c -o aligned.o
  lazy ordinary.o aligned.o
  cc ordinary.o -o ordinary
  cc aligned.o -o aligned
  ./ordinary
  echo "$level: $(./aligned)"
done
