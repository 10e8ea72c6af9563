// Runs functions made by llvm-stress, each in a process of its own: what they compute is undefined, they may not end,
// and the code of both compilers may differ in all of that. What is said is whether they were run at all.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void FUNCTION(void *, void *, void *, int, long, signed char);

int main(void) {
    static char memory[3][1 << 16] __attribute__((aligned(64)));
    for (int round = 0; round < 3; round++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            struct rlimit limit = {1, 2};
            setrlimit(RLIMIT_CPU, &limit);
            limit.rlim_cur = limit.rlim_max = 0;
            setrlimit(RLIMIT_CORE, &limit);
            memset(memory, 3 * round + 1, sizeof memory);
            FUNCTION(memory[0] + 4096, memory[1] + 4096, memory[2] + 4096, 12345 + round, 678901 * (round + 1), 3);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        int ran = WIFSIGNALED(status) || WEXITSTATUS(status) == 0;
        printf("%s\n", ran ? "ran" : "not run");
    }
    return 0;
}
