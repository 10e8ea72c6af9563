// Inline functions of C99 without an external definition: they link as long as all of their calls are inlined.
//@ opt: O1 O2 O3 Os O2+g O2+fPIC
//@ links: pie static shared
#include <stdio.h>

inline int square(int x) { return x * x; }
inline int add(int x, int y) { return square(x) + y; }
extern inline __attribute__((gnu_inline)) int gnu(int x) { return add(x, 1); }
static int local(int x) { return gnu(x) - add(x, 0); }
inline int unused(int x) { return x; }

int main(int argc, char **argv) {
    printf("%d %d %d %d\n", square(argc + 1), add(argc, 2), gnu(argc), local(argc));
    return 0;
}
