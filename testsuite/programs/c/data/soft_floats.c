// Arithmetic that only library functions can do keeps its function static: which ones depends on the processor.
//@ static: half(libcall) quad(libcall)
//@ lazy: main
#include <stdio.h>

float half(float a, float b) { return (float)((_Float16)a * (_Float16)b); }
double quad(double a, double b) { return (double)((__float128)a * (__float128)b); }

int main(void) {
    printf("%g %g\n", half(1.5f, 3), quad(2.5, 4));
    return 0;
}
