# needs-file: /usr/lib/llvm-22/lib/libomp.so
for level in -O0 "-O0 -g" -O2; do
  cc $level -fopenmp program.c -o program
  OMP_NUM_THREADS=4 ./program
  lazy program
done
cc -fopenmp-simd -O2 -c program.c -o simd.o
