// An alternate signal stack of 8 KiB is enough for first calls in a handler, after the main stack has run out.
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char stack[8192] __attribute__((aligned(16)));
static sigjmp_buf target;
static volatile int depth;

static int on_stack(const void *p) { return (uintptr_t)p >= (uintptr_t)stack && (uintptr_t)p < (uintptr_t)stack + sizeof stack; }
static int first_in_handler(int x) { return x + 1; }
static void on_user(int sig) {
    int local = sig;
    printf("%d %d\n", on_stack(&local), first_in_handler(1));
}
static void on_overflow(int sig) {
    int local = sig;
    depth = on_stack(&local) ? 1 : 0;
    siglongjmp(target, 1);
}
static long overflow(long n) {
    volatile char space[4096];
    space[0] = (char)n;
    return overflow(n + 1) + space[0];
}

int main(void) {
    stack_t alternate;
    memset(&alternate, 0, sizeof alternate);
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof stack;
    if (sigaltstack(&alternate, NULL) != 0) return 1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_ONSTACK;
    action.sa_handler = on_user;
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = on_overflow;
    sigaction(SIGSEGV, &action, NULL);
    raise(SIGUSR1);
    raise(SIGUSR1);
    if (sigsetjmp(target, 1) == 0) printf("%ld\n", overflow(0));
    printf("%d\n", depth);
    return 0;
}
