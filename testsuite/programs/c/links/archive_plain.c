// A lazy program with an archive of clang's objects, which call back.
//@ plain-archive: lib/callback.c lib/unneeded.c
#include <stdio.h>

int each(int n, int (*f)(int));
int offset_of_program(void) { return 1000; }
static int square(int x) { return x * x; }

int main(void) {
    printf("%d\n", each(5, square));
    return 0;
}
