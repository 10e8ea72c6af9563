// pthread_once, thread-specific data with destructors, condition variables, C11 threads: callbacks from libc's threads.
//@ flags: -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static once_flag once11 = ONCE_FLAG_INIT;
static pthread_key_t key;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int initialized, initialized11, destroyed, turn;

static void destroy(void *p) { pthread_mutex_lock(&lock); destroyed += *(int *)p; pthread_mutex_unlock(&lock); free(p); }
static void initialize(void) { initialized++; pthread_key_create(&key, destroy); }
static void initialize11(void) { initialized11++; }
static int compute(int me) { return me * me + 1; }

static void *worker(void *argument) {
    int me = (int)(long)argument;
    pthread_once(&once, initialize);
    call_once(&once11, initialize11);
    int *mine = malloc(sizeof *mine);
    *mine = me;
    pthread_setspecific(key, mine);
    pthread_mutex_lock(&lock);
    while (turn != me) pthread_cond_wait(&changed, &lock);
    printf("%d:%d ", me, compute(me));
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}
static int worker11(void *argument) { return compute(*(int *)argument); }

int main(void) {
    pthread_t ids[8];
    for (long i = 7; i >= 0; i--) pthread_create(&ids[i], NULL, worker, (void *)i);
    for (int i = 0; i < 8; i++) pthread_join(ids[i], NULL);
    thrd_t thread;
    int argument = 9, result;
    thrd_create(&thread, worker11, &argument);
    thrd_join(thread, &result);
    printf("\n%d %d %d %d\n", initialized, initialized11, destroyed, result);
    return 0;
}
