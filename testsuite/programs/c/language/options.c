// Options that change code generation without making a unit ineligible.
//@ opt: O0 O0+g O0+fwrapv O0+ftrapv O0+march=native O0+msse4.2 O0+fPIC O0+funwind-tables O0+fno-builtin
//@ links: pie
#include <stdio.h>

static long mix(long a, int b, double c) {
    long r = a * 3;
    for (int i = 0; i < b; i++) r += (long)(c * i) ^ (r << 1);
    return r;
}
struct s { char c; int i; };
static int enum_size(void) { enum e { a, b }; return (int)(sizeof(enum e) + sizeof(struct s)); }
static unsigned char wrap(int x) { return (unsigned char)(x + 300); }

int main(void) {
    printf("%ld %d %d\n", mix(5, 10, 1.5), enum_size(), wrap(7));
    return 0;
}
