// Threads with the smallest stack that there can be make first calls.
//@ flags: -pthread
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

static long a(long x) { return x + 1; }
static long b(long x) { return a(x) * 2; }
static long c(long x) { return b(x) * 3; }
static void *run(void *p) { return (void *)c((long)p); }

int main(void) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
    for (long i = 0; i < 4; i++) {
        pthread_t t;
        void *result;
        if (pthread_create(&t, &attributes, run, (void *)i) != 0) return 1;
        pthread_join(t, &result);
        printf("%ld\n", (long)result);
    }
    return 0;
}
