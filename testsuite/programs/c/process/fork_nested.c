// Children of children, each with first calls of its own; results come back by exit status.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int level0(int x) { return x + 1; }
static int level1(int x) { return x + 2; }
static int level2(int x) { return x + 4; }
static int level3(int x) { return x + 8; }
static int (*const levels[])(int) = {level0, level1, level2, level3};

static int descend(int depth, int value) {
    value = levels[depth](value);
    if (depth == 3) return value;
    pid_t pid = fork();
    if (pid == 0) _exit(descend(depth + 1, value));
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 255;
    /* What the child compiled is news to us. */
    return levels[3 - depth](WEXITSTATUS(status));
}

int main(void) {
    printf("%d\n", descend(0, 10));
    printf("%d\n", level3(0) + level2(0) + level1(0));
    return 0;
}
