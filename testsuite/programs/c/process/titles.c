// A server that writes a title over its environment, as setproctitle does, before it forks: its
// children find the daemon all the same (tests/warm.rs looks whether it is the same one).
//@ lazy: after
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int before(int x) { return x + 1; }
static int after(int x) { return x + 2; }

int main(void) {
    printf("%d\n", before(1));
    fflush(stdout);
    char *start = environ[0];
    size_t size = 0;
    for (char **variable = environ; *variable; variable++) size = (size_t)(*variable + strlen(*variable) - start);
    environ = NULL;
    memset(start, 't', size);
    pid_t pid = fork();
    if (pid == 0) {
        int result = after(1);
        printf("%d\n", result);
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    return status;
}
