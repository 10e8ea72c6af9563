// quick_exit runs its own handlers, for the first time.
//@ exit: 3
#include <stdio.h>
#include <stdlib.h>

static void quick(void) { printf("quick\n"); fflush(stdout); }
static void slow(void) { printf("not this one\n"); }

int main(void) {
    atexit(slow);
    at_quick_exit(quick);
    quick_exit(3);
}
