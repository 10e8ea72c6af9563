// sigsetjmp out of a signal handler that catches a fault in a lazy function; the signal mask is restored.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static sigjmp_buf target;
static int *volatile nowhere;

static void handler(int sig) { siglongjmp(target, sig); }
static int fault(void) { return *nowhere; }
static int divide(volatile int a, volatile int b) { return a / b; }
static int is_blocked(int sig) {
    sigset_t set;
    sigprocmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, sig);
}

int main(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    for (int i = 0; i < 3; i++) {
        int sig = sigsetjmp(target, 1);
        if (sig == 0) printf("%d\n", fault());
        else printf("%s %d\n", sig == SIGSEGV ? "fault" : "other", is_blocked(SIGSEGV));
    }
    if (sigsetjmp(target, 1) == 0) printf("%d\n", divide(1, 0));
    else printf("division %d\n", is_blocked(SIGFPE));
    return 0;
}
