// fork from a thread while other threads are making first calls: the child has only the forking thread.
//@ flags: -pthread
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
#define ALL(X) EIGHT(X, 1) EIGHT(X, 2) EIGHT(X, 3) EIGHT(X, 4) EIGHT(X, 5) EIGHT(X, 6) EIGHT(X, 7) EIGHT(X, 8) EIGHT(X, 9)
#define DEFINE(n) static int f##n(int x) { return x * 3 + n; }
ALL(DEFINE)
#define ENTRY(n) f##n,
static int (*const table[])(int) = {ALL(ENTRY)};
enum { count = sizeof table / sizeof *table };

static int sum(int start) {
    unsigned s = (unsigned)start;
    for (int i = 0; i < count; i++) s = s * 5 + (unsigned)table[(i * 7 + start) % count](i);
    return (int)(s % 199);
}
static void *caller(void *argument) { return (void *)(long)sum((int)(long)argument); }
static void *forker(void *argument) {
    pid_t pid = fork();
    if (pid == 0) _exit(sum((int)(long)argument));
    int status;
    waitpid(pid, &status, 0);
    return (void *)(long)(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int main(void) {
    pthread_t threads[16];
    for (long i = 0; i < 16; i++) pthread_create(&threads[i], NULL, i % 2 ? forker : caller, (void *)(i / 2));
    for (int i = 0; i < 16; i += 2) {
        void *direct, *forked;
        pthread_join(threads[i], &direct);
        pthread_join(threads[i + 1], &forked);
        printf("%ld %d\n", (long)direct, direct == forked);
    }
    return 0;
}
