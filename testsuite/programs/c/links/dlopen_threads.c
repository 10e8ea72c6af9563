// Threads that open, use and close a lazy library at the same time.
//@ flags: -pthread
//@ shared: lib/plugin_quiet.c
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static void *run(void *argument) {
    long sum = 0;
    for (int i = 0; i < 20; i++) {
        void *library = dlopen("./libplugin_quiet.so", RTLD_NOW);
        if (!library) return (void *)-1;
        int (*f)(int) = (int (*)(int))dlsym(library, i % 2 ? "odd" : "even");
        sum += f(i) + (long)argument;
        dlclose(library);
    }
    return (void *)sum;
}

int main(void) {
    pthread_t threads[8];
    for (long i = 0; i < 8; i++) pthread_create(&threads[i], NULL, run, (void *)i);
    for (int i = 0; i < 8; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("%ld ", (long)sum);
    }
    printf("\n");
    return 0;
}
