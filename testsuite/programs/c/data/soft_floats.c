// Arithmetic that only library functions can do keeps its function static: which ones depends on the processor.
//@ static: half(libcall) quad(libcall) fused(libcall) unordered(libcall) values(libcall) add_to(libcall) added(libcall)
//@ lazy: main
#include <stdio.h>

float half(float a, float b) { return (float)((_Float16)a * (_Float16)b); }
double quad(double a, double b) { return (double)((__float128)a * (__float128)b); }

// One operation in the code, others in what it becomes.
__float128 fused(__float128 a, __float128 b, __float128 c) { return a * b + c; }
int unordered(__float128 a) { return __builtin_isnan(a); }
void values(int n) { printf("%g %d\n", (double)fused(n, n + 1, 4), unordered(n)); }

void add_to(_Float16 *sum) { __atomic_fetch_add(sum, (_Float16)1.5, __ATOMIC_SEQ_CST); }
void added(void) {
    _Float16 sum = 2;
    add_to(&sum);
    printf("%g\n", (double)sum);
}

int main(void) {
    added();
    printf("%g %g\n", half(1.5f, 3), quad(2.5, 4));
    values(2);
    return 0;
}
