// Thread-local variables: static, external, of another unit, initialized, with an address that differs per thread.
//@ flags: -pthread
//@ links: all
//@ extra: thread_locals_other.c
//@ lazy: bump address all thread last elsewhere_address no_tls main
#include <pthread.h>
#include <stdio.h>

static _Thread_local int counter = 100;
_Thread_local long shared_value = 7;
static _Thread_local struct { int a[10]; const char *name; } block = {{1, 2, 3}, "initial"};
static __thread int zero;
extern _Thread_local int elsewhere;
int *elsewhere_address(void);

static int no_tls(int x) { return x * 2; }
static int bump(int by) { counter += by; return counter; }
static int *address(void) { return &counter; }
static long all(void) { return counter + shared_value + block.a[1] + zero + elsewhere + block.name[0]; }

static int last(void) { return elsewhere; }

static void *thread(void *argument) {
    long id = (long)argument;
    shared_value += id;
    zero += (int)id;
    elsewhere += (int)id * 1000;
    block.a[1] *= 2;
    block.name = "changed";
    bump(no_tls((int)id));
    return (void *)(all() + (&elsewhere == elsewhere_address()));
}

int main(void) {
    printf("%d %d %ld\n", bump(1), *address(), all());
    for (long id = 1; id <= 3; id++) {
        pthread_t t;
        void *result;
        pthread_create(&t, NULL, thread, (void *)id);
        pthread_join(t, &result);
        printf("%ld\n", (long)result);
    }
    printf("%d %ld %d\n", bump(0), all(), last());
    return 0;
}
