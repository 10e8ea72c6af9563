//@ part
// What all models must do: run by each of the programs model_*.c.
#include "models.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

_Thread_local int exported = 1;
__attribute__((visibility("hidden"))) _Thread_local int hidden = 2;
static _Thread_local int local = 3;
static _Thread_local char buffer[100] = "buffer";
static _Thread_local long double wide;

static int bump(int by) {
    exported += by;
    hidden += by * 10;
    local += by * 100;
    other_hidden += by;
    wide += by;
    buffer[by] = (char)('A' + by);
    return exported + hidden + local + other_hidden + (int)wide;
}

static void *run(void *argument) {
    int by = (int)(long)argument;
    static _Thread_local int calls;
    calls++;
    int sum = bump(by) + other(by);
    printf("%d: %d %d %s %d\n", by, sum, calls, buffer, exported);
    return &local;
}

int model(void) {
    void *mine = run((void *)1L);
    for (long by = 2; by < 6; by++) {
        pthread_t thread;
        void *its;
        pthread_create(&thread, NULL, run, (void *)by);
        pthread_join(thread, &its);
        printf("%d\n", its == mine);
    }
    run((void *)7L);
    printf("%d %d\n", mine == &local, strcmp(buffer, "buffer"));
    return 0;
}
