// The main thread leaves first; the process ends with the last thread, which makes first calls.
//@ flags: -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int late(int x) { return x * 3; }
static void at_exit(void) { printf("atexit %d\n", late(2)); }
static void *last(void *p) {
    pthread_join(*(pthread_t *)p, NULL);
    printf("last thread %d\n", late(1));
    return NULL;
}

int main(void) {
    static pthread_t self;
    self = pthread_self();
    pthread_t t;
    atexit(at_exit);
    pthread_create(&t, NULL, last, &self);
    pthread_exit(NULL);
}
