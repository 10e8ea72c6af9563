// Recursion that clang makes a loop of: without that the stack would not do.
//@ opt: O1 O2 Os
//@ links: pie shared
#include <stdio.h>

long count(long n, long sum) { return n == 0 ? sum : count(n - 1, sum + n); }
static int is_odd(unsigned n);
static int is_even(unsigned n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(unsigned n) { return n == 0 ? 0 : is_even(n - 1); }
static __attribute__((noinline)) int must(int n) {
    if (n == 0)
        return 7;
    __attribute__((musttail)) return must(n - 1);
}

int main(int argc, char **argv) {
    (void)argv;
    printf("%ld %d %d\n", count(20000000L * argc, 0), is_even(10000001u * (unsigned)argc), must(10000000 * argc));
    return 0;
}
