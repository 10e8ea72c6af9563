// Lazy code in an archive: members come in by need only, and one that nobody needs may lack half of its symbols.
//@ links: pie static lld
//@ archive: lib/needed.c lib/deeper.c lib/unneeded.c
#include <stdio.h>

int needed(int x);

int main(void) {
    printf("%d\n", needed(3));
    return 0;
}
