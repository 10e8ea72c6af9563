// Recursion 100,000 deep, direct and through three functions and a pointer.
#include <stdio.h>

static long down(long n) { return n == 0 ? 0 : 1 + down(n - 1); }

static long b(long n);
static long c(long n);
static long (*volatile to_c)(long) = c;
static long a(long n) { return n == 0 ? 0 : 1 + b(n - 1); }
static long b(long n) { return n == 0 ? 0 : 2 + to_c(n - 1); }
static long c(long n) { return n == 0 ? 0 : 3 + a(n - 1); }

/* The first call happens at the bottom. */
static long bottom(void) { return 42; }
static long deep(long n) { return n == 0 ? bottom() : deep(n - 1); }

int main(void) {
    printf("%ld %ld %ld\n", down(100000), a(99999), deep(100000));
    return 0;
}
