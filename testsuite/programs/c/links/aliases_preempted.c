// A library calls itself by names of which the program replaces some: each name leads where it leads in clang's.
//@ opt: O0 O1 O2
//@ links: pie lld
//@ shared: lib/aliases.c
//@ link-flags: ./libaliases.so -Wl,-rpath,$ORIGIN
#include <stdio.h>

int by_public(void), by_hidden(void), by_other(void), *data_by_hidden(void);
int open_name(void) { return 2; }
int other_name(void) { return 3; }
int data = 20;

int main(void) {
    printf("%d %d\n", by_hidden(), by_other());
    printf("%d\n", *data_by_hidden());
    return 0;
}
