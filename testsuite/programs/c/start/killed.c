// A signal that nobody handles ends the program, in a lazy function.
//@ exit: SIGTERM
#include <signal.h>
#include <stdio.h>

static void end(int sig) { raise(sig); }

int main(void) {
    printf("before\n");
    fflush(stdout);
    end(SIGTERM);
    printf("after\n");
    return 0;
}
