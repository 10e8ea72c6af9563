# needs: gfortran
gfortran -g -fPIC -c part.f90
for level in -O0 -O2; do
  cc $level -g program.c assembly.s part.o -lgfortran -o program
  ./program
  cc $level -DADDED=3 -c preprocessed.S -o preprocessed.o
  nm preprocessed.o
  lazy program
done
