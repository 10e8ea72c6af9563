// Many threads that reach for variables for the first time at once.
//@ flags: -pthread
//@ links: pie static shared
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define VARIABLE(n) \
    static _Thread_local long v##n = n; \
    static long f##n(long x) { return errno = 0, v##n += x; }
EACH(VARIABLE)
#define POINTER(n) f##n,
static long (*const functions[])(long) = {EACH(POINTER)};

static void *run(void *argument) {
    long sum = 0, me = (long)argument;
    for (int i = 0; i < 16; i++) sum += functions[(i + me) % 16](me);
    return (void *)sum;
}

int main(void) {
    pthread_t threads[64];
    for (long i = 0; i < 64; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)i)) return 1;
    for (int i = 0; i < 64; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("%ld ", (long)sum);
    }
    printf("%ld\n", v3);
    return 0;
}
