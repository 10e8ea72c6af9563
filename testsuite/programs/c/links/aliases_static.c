// As aliases_preempted.c, of a library's functions that stay static: a hidden name leads to the library's own.
//@ opt: O0 O1 O2 Os
//@ links: pie lld
//@ static: any
//@ shared: lib/aliases_static.c
//@ link-flags: ./libaliases_static.so -Wl,-rpath,$ORIGIN
#include <stdio.h>

int sum(int choice);
int open_name(void) { return 2; }

int main(void) {
    printf("%d %d\n", sum(0), sum(1));
    return 0;
}
