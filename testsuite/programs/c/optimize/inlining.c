// What -O1 and above do across functions: inline them, keep literals one, make tail calls of recursion.
//@ opt: O0 O1 O2 O3 Os Oz O2+fno-inline O2+fno-builtin O2+ffast-math O2+march=native O2+funroll-loops O2+fno-strict-aliasing O2+fPIC
//@ links: pie shared static
//@ extra: inlining_other.c
#include "inlining.h"
#include <stdio.h>
#include <string.h>

static int counter;
static const int table[] = {3, 1, 4, 1, 5, 9, 2, 6};
static const char *const names[] = {"zero", "one", "two"};
static const char *literal(void) { return "literal"; }
static int add(int a, int b) { counter++; return a + b; }
static int sum(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s = add(s, p[i]); return s; }
static inline __attribute__((always_inline)) int tripled(int x) { return x * 3; }
static __attribute__((noinline)) int noinlined(int x) { return x - 1; }
static __attribute__((cold)) int cold(int x) { return x ^ 1; }
const char *first_literal(void) { return literal(); }
int inline_here(int x) { return external_inline(x) + gnu_inline(x); }
static void clear(char *p, unsigned long n) { for (unsigned long i = 0; i < n; i++) p[i] = 0; }
static int puts_of_ours;
static int strcmp_(const char *a, const char *b) { puts_of_ours++; return strcmp(a, b); }
// Not the library's: it must not be taken for it.
static double fmin(double a, double b) { return a * 100 + b; }
static int even(unsigned n);
static __attribute__((noinline)) int odd(unsigned n) { return n == 0 ? 0 : even(n - 1); }
static int even(unsigned n) { return n == 0 ? 1 : odd(n - 1); }
static int fold(int x) { return __builtin_constant_p(x) ? 1 : 2; }
static long vector(const int *a, const int *b, int n) { long s = 0; for (int i = 0; i < n; i++) s += (long)a[i] * b[i]; return s; }
static int variadic(int n, ...) { __builtin_va_list l; __builtin_va_start(l, n); int s = 0; while (n--) s += __builtin_va_arg(l, int); __builtin_va_end(l); return s; }

int main(int argc, char **argv) {
    int numbers[100], more[100];
    for (int i = 0; i < 100; i++) {
        numbers[i] = i * argc;
        more[i] = 100 - i;
    }
    printf("%d %d\n", sum(numbers, 100), counter);
    printf("%d %d %d\n", tripled(argc), noinlined(argc), cold(argc));
    printf("%d %d\n", literal() == first_literal(), literal() == second_literal(literal));
    printf("%d %d %d\n", inline_here(argc), external_inline(4), other_inline(5));
    printf("%d %s\n", table[argc + 3], names[argc]);
    char buffer[200];
    memset(buffer, 'x', sizeof buffer);
    clear(buffer + 10, 150);
    printf("%zu %d %d %c\n", strlen(buffer), buffer[10], buffer[159], buffer[160]);
    printf("%d %d\n", strcmp_(argv[0], argv[0]), puts_of_ours);
    printf("%g\n", fmin(argc, 2));
    printf("%d %d\n", even(1000), fold(argc) + fold(argc));
    printf("%ld\n", vector(numbers, more, 100));
    printf("%d\n", variadic(3, 1, 2, 3));
    return 0;
}
