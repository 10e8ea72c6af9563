// Absolute symbols are numbers, whoever sees them.
//@ links: pie no-pie shared lld
//@ opt: O0 O2
//@ flags: -fPIC
//@ plain: lib/absolute.c
//@ link-flags: -rdynamic -Wl,-Bsymbolic
#include <stdio.h>

extern char file_size[], other_size[], file_start[];

static unsigned long size(void) { return (unsigned long)file_size; }
unsigned long others(void) { return (unsigned long)other_size + size(); }

int main(void) {
    printf("%lu %lu %.4s\n", size(), others(), file_start);
    return 0;
}
