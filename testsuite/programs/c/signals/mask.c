// The signal mask and pending signals are the same before and after a first call; blocked signals stay blocked in it.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static void handler(int sig) { got = sig; }
static int is_blocked(int sig) { sigset_t set; sigprocmask(SIG_SETMASK, NULL, &set); return sigismember(&set, sig); }
static int one(int x) { return x + got; }
static int two(int x) { return x * 2 + got; }

int main(void) {
    signal(SIGUSR1, handler);
    signal(SIGUSR2, handler);
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    int x = one(1);
    sigpending(&pending);
    printf("%d %d %d %d %d\n", x, got == 0, sigismember(&pending, SIGUSR1), is_blocked(SIGUSR1), is_blocked(SIGUSR2));
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("%d %d\n", two(1), got == SIGUSR1);
    printf("%d %d\n", is_blocked(SIGUSR1), is_blocked(SIGINT));
    return 0;
}
