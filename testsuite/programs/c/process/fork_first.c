// fork before any first call but main's own: every child finds its own way to the daemon.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(int n) { int r = 0; for (int i = 0; i <= n; i++) r += i * i; return r % 251; }

int main(void) {
    pid_t pids[12];
    for (int i = 0; i < 12; i++)
        if ((pids[i] = fork()) == 0) _exit(work(i));
    for (int i = 0; i < 12; i++) {
        int status;
        waitpid(pids[i], &status, 0);
        printf("%d %d\n", WIFEXITED(status), WEXITSTATUS(status));
    }
    printf("%d\n", work(100));
    return 0;
}
