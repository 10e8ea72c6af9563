// _exit runs no handler and flushes nothing.
//@ exit: 7
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(void) { printf("handler\n"); }
static void leave(void) { _exit(7); }

int main(void) {
    atexit(handler);
    printf("unflushed");
    leave();
}
