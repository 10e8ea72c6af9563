// A fault in a lazy function is a fault of the program, with the usual status.
//@ exit: SIGSEGV
#include <stdio.h>

static int *volatile nowhere;
static int fault(void) { return *nowhere; }

int main(void) {
    printf("before\n");
    fflush(stdout);
    return fault();
}
