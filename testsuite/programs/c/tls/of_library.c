// Variables that a shared library defines, and one that may be missing.
//@ flags: -pthread
//@ shared: lib/provider.c
//@ link-flags: ./libprovider.so -Wl,-rpath,$ORIGIN
//@ links: pie no-pie shared
#include <pthread.h>
#include <stdio.h>

extern _Thread_local int provided;
extern _Thread_local struct { int a, b; } pair;
int *provided_address(void);

static void *run(void *by) {
    provided += (int)(long)by;
    pair.b *= 2;
    return (void *)(long)(&provided == provided_address() ? provided + pair.a + pair.b : -1);
}

int main(void) {
    for (long i = 0; i < 3; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, run, (void *)i);
        pthread_join(thread, &result);
        printf("%ld %d\n", (long)result, provided++);
    }
    return 0;
}
