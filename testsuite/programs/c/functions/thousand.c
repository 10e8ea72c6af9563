// A thousand functions in one file, all called, and a thousand more that are not.
//@ links: pie
//@ opt: O0 O0+g
//@ lazy: f0 f500 f999 unused321
#include <stdio.h>

#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define HUNDRED(X, n) TEN(X, n##0) TEN(X, n##1) TEN(X, n##2) TEN(X, n##3) TEN(X, n##4) TEN(X, n##5) TEN(X, n##6) TEN(X, n##7) TEN(X, n##8) TEN(X, n##9)
#define TENS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define UPTO99(X) TENS(X) TEN(X, 1) TEN(X, 2) TEN(X, 3) TEN(X, 4) TEN(X, 5) TEN(X, 6) TEN(X, 7) TEN(X, 8) TEN(X, 9)
#define THOUSAND(X) UPTO99(X) HUNDRED(X, 1) HUNDRED(X, 2) HUNDRED(X, 3) HUNDRED(X, 4) HUNDRED(X, 5) HUNDRED(X, 6) HUNDRED(X, 7) HUNDRED(X, 8) HUNDRED(X, 9)

#define DEFINE(n) long f##n(long x) { return x * 31 + n; }
#define UNUSED(n) long unused##n(long x) { return x + f##n(n); }
THOUSAND(DEFINE)
THOUSAND(UNUSED)

typedef long function(long);
#define ENTRY(n) f##n,
static function *const table[] = {THOUSAND(ENTRY)};

int main(void) {
    unsigned long sum = 0;
    for (int round = 0; round < 3; round++)
        for (unsigned i = 0; i < sizeof table / sizeof *table; i++) sum = sum * 7 + (unsigned long)table[i]((long)(sum & 0xffff));
    printf("%zu %lu\n", sizeof table / sizeof *table, sum);
    return 0;
}
