// Handlers with three arguments, nested signals, sigqueue's value, sigwait.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int log_[10], logged;
static void note(int x) { log_[logged++] = x; }
static void inner(int sig, siginfo_t *info, void *context) { note(info->si_value.sival_int + (context != NULL) + (sig == SIGUSR2)); }
static void outer(int sig, siginfo_t *info, void *context) {
    (void)context;
    note(sig == SIGUSR1);
    union sigval value = {.sival_int = info->si_value.sival_int * 2};
    sigqueue(getpid(), SIGUSR2, value);
    note(-1);
}

int main(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = outer;
    sigaction(SIGUSR1, &action, NULL);
    action.sa_sigaction = inner;
    sigaction(SIGUSR2, &action, NULL);
    union sigval value = {.sival_int = 21};
    sigqueue(getpid(), SIGUSR1, value);
    for (int i = 0; i < logged; i++) printf("%d ", log_[i]);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGTERM);
    int sig;
    sigwait(&set, &sig);
    printf("%d\n", sig == SIGTERM);
    return 0;
}
