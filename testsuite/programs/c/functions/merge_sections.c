// lld's identical code folding: functions of the same text stay functions of their own meaning.
//@ flags: -ffunction-sections
//@ links: lld
//@ link-flags: -Wl,--icf=safe
#include <stdio.h>

int a(int x) { return x + 1; }
int b(int x) { return x + 1; }
int c(int x) { return x - 1; }
static int d(int x) { return x * 7; }
static int e(int x) { return x * 7; }

int main(void) {
    int (*volatile p)(int) = d, (*volatile q)(int) = e;
    printf("%d %d %d %d %d\n", a(1), b(2), c(3), p(4), q(5));
    printf("%d %d\n", p != q, (void *)a != (void *)c);
    return 0;
}
