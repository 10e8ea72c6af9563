// Functions that leave every register as it is: a caller keeps a value in the one that stubs use.
//@ opt: O0 O1 O2 Os
//@ links: pie no-pie
//@ static: scale(calling-convention)
#include <stdio.h>

__attribute__((no_caller_saved_registers, noinline, target("general-regs-only"))) int scale(int a) {
    return a * 3;
}

__attribute__((noinline)) int many(int a, int b, int c, int d, int e, int f) {
    int x0 = a * 7 + 1, x1 = b * 5 + 2, x2 = c * 3 + x0, x3 = d ^ x1, x4 = e + x2, x5 = f * x3, x6 = x4 - x5;
    int x7 = x6 * 3, x8 = x7 ^ x1, x9 = x8 + x2, x10 = x9 * 11, x11 = x10 - x3, x12 = x11 ^ x7;
    int r = scale(x12);
    r += x0 * 1 + x1 * 2 + x2 * 3 + x3 * 4 + x4 * 5 + x5 * 6 + x6 * 7;
    return r + x7 * 8 + x8 * 9 + x9 * 10 + x10 * 11 + x11 * 12 + x12 * 13;
}

int main(void) {
    volatile int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
    for (int i = 0; i < 3; i++) printf("%d\n", many(a + i, b, c, d, e, f));
    return 0;
}
