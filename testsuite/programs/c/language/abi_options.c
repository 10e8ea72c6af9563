// Options that change the ABI of a program's own functions.
//@ flags: -fshort-enums -fpack-struct=1 -funsigned-char -fno-common -mno-red-zone -fno-omit-frame-pointer -fstack-protector-all -fcf-protection=branch
#include <stdio.h>

enum tiny { zero, one };
struct packed { char c; long l; enum tiny e; };
static struct packed pass(struct packed p, char c) { p.l += c; p.e = one; return p; }

int main(void) {
    struct packed p = pass((struct packed){(char)200, 10, zero}, (char)200);
    printf("%zu %zu %d %ld %d\n", sizeof p, sizeof(enum tiny), p.c, p.l, p.e);
    return 0;
}
