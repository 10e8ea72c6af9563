// The process' first call is made in a signal handler on an 8 KiB stack. Prints the bytes of stack below the call.
#include <unistd.h>
#include "check.h"
#include <signal.h>
#include <string.h>

int plus_1(int);
static unsigned char stack[8192] __attribute__((aligned(16)));
static volatile int result;
static unsigned char *top;

static void handler(int signal) {
    (void)signal;
    top = __builtin_frame_address(0);
    // What is below this frame is not in use.
    for (unsigned char *p = stack; p < (unsigned char *)__builtin_frame_address(0) - 256; p++) *(volatile unsigned char *)p = 0xa5;
    result = plus_1(41);
}

int main(void) {
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    CHECK(sigaltstack(&alternative, NULL) == 0);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
    CHECK(result == 42);
    unsigned char *lowest = stack;
    while (*lowest == 0xa5) lowest++;
    CHECK(lowest > stack);
    printf("%ld\n", (long)(top - lowest));
    return 0;
}
