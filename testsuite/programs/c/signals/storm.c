// Signals hit the main program all the time while it makes first calls, and the handlers make others.
//@ time-limit: 90
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define ALL(X) TEN(X, 1) TEN(X, 2) TEN(X, 3) TEN(X, 4) TEN(X, 5) TEN(X, 6) TEN(X, 7) TEN(X, 8) TEN(X, 9)
#define DEFINE(n) static unsigned main##n(unsigned x) { return x * 33 + n; } static unsigned handler##n(unsigned x) { return x * 35 + n; }
ALL(DEFINE)
#define MAIN(n) main##n,
#define HANDLER(n) handler##n,
static unsigned (*const mains[])(unsigned) = {ALL(MAIN)};
static unsigned (*const handlers[])(unsigned) = {ALL(HANDLER)};
enum { functions = sizeof mains / sizeof *mains };

static volatile unsigned next[3], sums[3];
static void handler(int sig) {
    int i = sig == SIGALRM ? 1 : 2;
    if (next[i] < functions) { sums[i] = handlers[next[i]](sums[i]); next[i]++; }
}

int main(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_NODEFER;
    sigaction(SIGALRM, &action, NULL);
    action.sa_flags = SA_RESTART;
    sigaction(SIGVTALRM, &action, NULL);
    struct itimerval timer = {{0, 500}, {0, 500}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    unsigned sum = 0;
    for (int i = 0; i < functions; i++) sum = mains[i](sum);
    while (next[1] < functions || next[2] < functions) {}
    setitimer(ITIMER_REAL, &off, NULL);
    setitimer(ITIMER_VIRTUAL, &off, NULL);
    printf("%u %u %u\n", sum, next[1] >= functions, next[2] >= functions);
    return 0;
}
