// Variables of a library that is opened when threads already run, closed and opened again.
//@ flags: -pthread
//@ shared: lib/plugin.c
//@ links: pie no-pie shared
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_barrier_t step;
static long (*bump)(int);
static int *(*address)(void);
static int *first;
static _Thread_local int mine = 3;

static void *run(void *argument) {
    long sum = mine;
    for (int round = 0; round < 3; round++) {
        pthread_barrier_wait(&step);
        sum = sum * 3 + bump((int)(long)argument) + (address() == first) + mine++;
        pthread_barrier_wait(&step);
    }
    return (void *)sum;
}

int main(void) {
    pthread_t threads[4];
    pthread_barrier_init(&step, NULL, 5);
    for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, run, (void *)i);
    for (int round = 0; round < 3; round++) {
        void *library = dlopen("./libplugin.so", RTLD_NOW | RTLD_LOCAL);
        if (!library) return puts(dlerror()), 1;
        bump = (long (*)(int))dlsym(library, "bump");
        address = (int *(*)(void))dlsym(library, "count_address");
        first = address();
        long *shared = dlsym(library, "shared_count");
        printf("%ld %d %ld\n", bump(5), *first, *shared);
        pthread_barrier_wait(&step);
        pthread_barrier_wait(&step);
        dlclose(library);
    }
    for (int i = 0; i < 4; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("%ld\n", (long)sum);
    }
    return 0;
}
