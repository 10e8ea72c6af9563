// A function and its other names are one function, in static functions (main: what it asks for) as in lazy ones.
//@ opt: O0 O1 O2 Os
//@ static: any
//@ links: pie no-pie static lld
#include <stdio.h>

int real(int x) { return x * 3; }
extern int other(int) __attribute__((alias("real")));
extern int weak(int) __attribute__((weak, alias("real")));
static int inner(int x) { return x + 1; }
extern int shown(int) __attribute__((alias("inner")));
int (*const table[])(int) = {real, other, weak, shown};

__attribute__((noinline)) static int same(void) {
    return (other == real) + 2 * (weak == real) + 4 * (shown == inner) + 8 * (table[1] == real);
}

int main(int argc, char **argv) {
    int sum = 0;
#pragma clang loop vectorize(enable)
    for (int i = 0; i < argc; i++) sum += argv[i][0] != 0;
    printf("%d %d\n", sum, same());
    printf("%d %d %d %d\n", other == real, weak == real, shown == inner, table[1] == table[0]);
    printf("%d %d %d\n", other(2), weak(3), shown(4));
    return 0;
}
