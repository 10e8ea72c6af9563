// Signal handlers that make first calls while malloc is being interrupted: the runtime must not need the heap.
//@ links: pie static
//@ time-limit: 90
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define ALL(X) TEN(X, 1) TEN(X, 2) TEN(X, 3) TEN(X, 4) TEN(X, 5) TEN(X, 6) TEN(X, 7) TEN(X, 8) TEN(X, 9) TEN(X, 10) TEN(X, 11) TEN(X, 12)
#define DEFINE(n) static unsigned f##n(unsigned x) { return x * 33 + n; }
ALL(DEFINE)
#define ENTRY(n) f##n,
static unsigned (*const table[])(unsigned) = {ALL(ENTRY)};
enum { functions = sizeof table / sizeof *table };

static volatile sig_atomic_t next;
static volatile unsigned sum;

static void handler(int sig) {
    (void)sig;
    if (next < functions) {
        sum = table[next](sum);
        next++;
    }
}

int main(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 300}, {0, 300}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
    char *blocks[64] = {0};
    unsigned long turns = 0;
    while (next < functions) {
        unsigned i = (unsigned)(turns++ * 7) % 64;
        free(blocks[i]);
        blocks[i] = malloc(turns % 3000 + 1);
        blocks[i][0] = 'x';
    }
    setitimer(ITIMER_REAL, &off, NULL);
    for (int i = 0; i < 64; i++) free(blocks[i]);
    printf("%d %u\n", next, sum);
    return 0;
}
