// Resource limits that a program sets for itself: few descriptors, no core, no new processes for others to start.
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int first(int x) { return x + 1; }
static int second(int x) { return x + 2; }

int main(void) {
    printf("%d\n", first(1));
    struct rlimit few = {3, 3}, none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &few);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* The session is there already: this needs nothing new from the system. */
    printf("%d\n", second(1));
    return 0;
}
