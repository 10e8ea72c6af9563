// fork: parent and child make first calls of the same and of different functions, before and after the other's end.
//@ links: pie static no-pie
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int before(int x) { return x + 1; }
static int both(int x) { return x * 2; }
static int only_parent(int x) { return x * 3; }
static int only_child(int x) { return x * 5; }
static int after(int x) { return x * 7; }

static int run_child(int seed) {
    int result = before(seed) + both(seed) + only_child(seed);
    printf("child %d: %d\n", seed, result);
    fflush(stdout);
    return result % 200;
}

int main(void) {
    printf("%d\n", before(1));
    fflush(stdout);
    for (int round = 0; round < 4; round++) {
        pid_t pid = fork();
        if (pid == 0) _exit(run_child(round));
        /* At the same time as the child in odd rounds, after its end in the others. */
        int status, early = round % 2 ? both(round) : 0;
        waitpid(pid, &status, 0);
        printf("parent %d: %d %d %d\n", round, WEXITSTATUS(status), early, both(round) + only_parent(round));
        fflush(stdout);
    }
    printf("%d\n", after(1));
    return 0;
}
