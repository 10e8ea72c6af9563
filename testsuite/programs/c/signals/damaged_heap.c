// A handler that prints the stack when the heap was found to be damaged: the heap's lock is held.
//@ flags: -pthread -fno-builtin
//@ links: pie lld
//@ opt: O0 O2
//@ exit: 7
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void handler(int number) {
    (void)number;
    void *frames[64];
    if (backtrace(frames, 64) > 3) write(1, "a stack\n", 8);
    _exit(7);
}

static void *idle(void *unused) {
    pause();
    return unused;
}

__attribute__((noinline)) static void damage(void) {
    char *place = malloc(5000);
    /* The size of what is behind it. */
    memset(place, 0xff, 5016 + 8);
    for (int i = 0; i < 100; i++) place = malloc(200000 - 100000 * (i & 1) - 80000);
}

int main(void) {
    void *frames[4];
    /* Loads the unwinder, as careful programs do. */
    backtrace(frames, 4);
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
    signal(SIGABRT, handler);
    signal(SIGSEGV, handler);
    fclose(stderr);
    damage();
    return 0;
}
