// The address of a variable differs from thread to thread, stays the same in each, and is aligned as asked for.
//@ flags: -pthread
//@ links: all
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { THREADS = 32, ROUNDS = 50 };

static _Thread_local int small = 5;
static _Thread_local _Alignas(64) char line[64];
_Thread_local _Alignas(1024) struct { char bytes[3000]; } wide = {"wide"};
static _Thread_local char odd[3];
static _Thread_local _Alignas(32) double vector[4] = {1, 2, 3, 4};

static pthread_barrier_t together;
static void *addresses[THREADS];

static int *address(void) { return &small; }
static int aligned(const void *p, uintptr_t to) { return (uintptr_t)p % to == 0; }

static void *run(void *argument) {
    long me = (long)argument, bad = 0;
    int *first = address();
    addresses[me] = first;
    pthread_barrier_wait(&together);
    for (int round = 0; round < ROUNDS; round++) {
        bad += address() != first || &small != first;
        bad += !aligned(line, 64) || !aligned(&wide, 1024) || !aligned(vector, 32);
        *address() += (int)me;
        odd[round % 3] = (char)round;
        vector[round % 4] += 1;
    }
    bad += small != 5 + ROUNDS * me || wide.bytes[0] != 'w' || vector[0] + vector[3] != 5 + 25;
    for (long other = 0; other < THREADS; other++) bad += (addresses[other] == first) != (other == me);
    pthread_barrier_wait(&together);
    return (void *)bad;
}

int main(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    long bad = 0;
    for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, run, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        bad += (long)result;
    }
    printf("%ld %d\n", bad, *address());
    return bad != 0;
}
