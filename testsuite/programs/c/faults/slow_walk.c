// A program that takes a second or so and makes first calls all the time: tests/faults.rs takes its daemon away.
//@ links: pie
#include <stdio.h>
#include <time.h>

#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define HUNDRED(X, n) TEN(X, n##0) TEN(X, n##1) TEN(X, n##2) TEN(X, n##3) TEN(X, n##4) TEN(X, n##5) TEN(X, n##6) TEN(X, n##7) TEN(X, n##8) TEN(X, n##9)
#define THOUSAND(X) HUNDRED(X, 1) HUNDRED(X, 2) HUNDRED(X, 3) HUNDRED(X, 4) HUNDRED(X, 5) HUNDRED(X, 6) HUNDRED(X, 7) HUNDRED(X, 8) HUNDRED(X, 9) HUNDRED(X, 10)
static unsigned helper(unsigned x) { return x ^ x >> 7; }
#define DEFINE(n) unsigned f##n(unsigned x) { unsigned r = x * 31 + n; for (int i = 0; i < 3; i++) r = helper(r) + i; return r; }
THOUSAND(DEFINE)
#define ENTRY(n) f##n,
static unsigned (*const table[])(unsigned) = {THOUSAND(ENTRY)};

int main(void) {
    const struct timespec pause = {0, 200000};
    unsigned sum = 1;
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        sum = table[i](sum);
        if (i % 2) nanosleep(&pause, NULL);
        if (i % 100 == 0) printf("%u %u\n", i, sum);
    }
    printf("%u\n", sum);
    return 0;
}
