// pthread_exit and cancellation unwind through lazy frames and run their cleanup handlers.
//@ flags: -pthread
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int cleaned;
static void clean(void *p) { cleaned += *(int *)p; }
static void leave(int n) { if (n == 0) pthread_exit((void *)77); leave(n - 1); }
static void *by_exit(void *p) {
    (void)p;
    int one = 1;
    pthread_cleanup_push(clean, &one);
    leave(5);
    pthread_cleanup_pop(0);
    return NULL;
}
static void wait_for_ever(void) { for (;;) pause(); }
static void *by_cancel(void *p) {
    (void)p;
    int ten = 10, hundred = 100;
    pthread_cleanup_push(clean, &ten);
    pthread_cleanup_push(clean, &hundred);
    wait_for_ever();
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
    return NULL;
}
/* A request that is pending while first calls are made takes effect at the next cancellation point only. */
static int first_a(int x) { return x + 1; }
static int first_b(int x) { return x + 2; }
static int progress;
static void *pending(void *p) {
    (void)p;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    progress = first_a(1);
    progress += first_b(progress);
    pthread_testcancel();
    progress = -1;
    return NULL;
}

int main(void) {
    pthread_t t;
    void *result;
    pthread_create(&t, NULL, by_exit, NULL);
    pthread_join(t, &result);
    printf("%ld %d\n", (long)result, cleaned);
    pthread_create(&t, NULL, by_cancel, NULL);
    usleep(20000);
    pthread_cancel(t);
    pthread_join(t, &result);
    printf("%d %d\n", result == PTHREAD_CANCELED, cleaned);
    pthread_create(&t, NULL, pending, NULL);
    pthread_join(t, &result);
    printf("%d %d\n", result == PTHREAD_CANCELED, progress);
    return 0;
}
