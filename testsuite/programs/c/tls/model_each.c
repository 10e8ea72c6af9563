// A model of its own for each variable.
//@ flags: -pthread
//@ links: pie no-pie static static-pie lld
#include <pthread.h>
#include <stdio.h>

#define MODEL(name) __attribute__((tls_model(name)))
static MODEL("global-dynamic") _Thread_local int a = 1;
static MODEL("local-dynamic") _Thread_local int b = 2;
static MODEL("initial-exec") _Thread_local int c = 3;
static MODEL("local-exec") _Thread_local int d = 4;

static void *run(void *by) {
    int n = *(int *)by;
    a += n, b += n, c += n, d += n;
    printf("%d %d %d %d\n", a, b, c, d);
    return NULL;
}

int main(void) {
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        if (i & 1) {
            run(&i);
            continue;
        }
        pthread_create(&thread, NULL, run, &i);
        pthread_join(thread, NULL);
    }
    return 0;
}
