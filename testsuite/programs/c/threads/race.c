// 32 threads that race on the same 500 functions, all in the same order, and again in different ones.
//@ flags: -pthread
//@ links: pie static
#include <pthread.h>
#include <stdio.h>

#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define HUNDRED(X, n) TEN(X, n##0) TEN(X, n##1) TEN(X, n##2) TEN(X, n##3) TEN(X, n##4) TEN(X, n##5) TEN(X, n##6) TEN(X, n##7) TEN(X, n##8) TEN(X, n##9)
#define ALL(X) HUNDRED(X, 1) HUNDRED(X, 2) HUNDRED(X, 3) HUNDRED(X, 4) HUNDRED(X, 5)
#define DEFINE(n) static unsigned f##n(unsigned x, double d) { return x * 33 + n + (unsigned)d; }
ALL(DEFINE)
#define ENTRY(n) f##n,
static unsigned (*const table[])(unsigned, double) = {ALL(ENTRY)};
enum { functions = sizeof table / sizeof *table, threads = 32 };

static pthread_barrier_t start;

static void *run(void *argument) {
    unsigned me = (unsigned)(unsigned long)argument, sum = 0;
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < functions; i++) sum = table[i](sum, i * 0.5);
    pthread_barrier_wait(&start);
    unsigned scattered = 0;
    for (unsigned i = 0; i < functions; i++) scattered += table[(i * 7 + me * 13) % functions](i, me);
    return (void *)(unsigned long)(sum ^ (scattered > 0 ? 0 : 1));
}

int main(void) {
    pthread_t ids[threads];
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned long i = 0; i < threads; i++) pthread_create(&ids[i], NULL, run, (void *)i);
    unsigned long first = 0;
    int equal = 0;
    for (int i = 0; i < threads; i++) {
        void *result;
        pthread_join(ids[i], &result);
        if (i == 0) first = (unsigned long)result;
        equal += (unsigned long)result == first;
    }
    printf("%d %lu\n", equal, first);
    return 0;
}
