// abort from a lazy function: the status is a signal, the output before it is there.
//@ exit: SIGABRT
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *why) { fprintf(stderr, "fatal: %s\n", why); abort(); }

int main(void) {
    printf("before\n");
    fflush(stdout);
    fail("on purpose");
}
