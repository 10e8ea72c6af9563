// Guaranteed tail calls between lazy functions: a million of them fit on the stack.
//@ lazy: even odd hop
#include <stdio.h>

int odd(unsigned n, unsigned *count);
int even(unsigned n, unsigned *count) {
    ++*count;
    if (n == 0) return 1;
    __attribute__((musttail)) return odd(n - 1, count);
}
int odd(unsigned n, unsigned *count) {
    ++*count;
    if (n == 0) return 0;
    __attribute__((musttail)) return even(n - 1, count);
}

typedef long step(long, long, long, long, long, double, double);
static step hop;
static step *volatile next = hop;
static long hop(long n, long a, long b, long c, long d, double x, double y) {
    if (n == 0) return a + b * 2 + c * 3 + d * 4 + (long)(x * y);
    __attribute__((musttail)) return next(n - 1, b, c, d, a, y, x);
}

int main(void) {
    unsigned count = 0;
    printf("%d %u\n", even(1000000, &count), count);
    printf("%ld\n", hop(100001, 1, 2, 3, 4, 1.5, 4));
    return 0;
}
