// The program sees no child but its own, gets no SIGCHLD, and belongs to the same group and session as before.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signals;
static void on_child(int sig) { (void)sig; signals++; }
static int lazy(int x) { return x + 1; }
static int other(int x) { return x + 2; }

int main(void) {
    pid_t group = getpgrp(), session = getsid(0), parent = getppid();
    signal(SIGCHLD, on_child);
    int x = lazy(1) + other(2);
    usleep(50000);
    int status, pid = wait(&status);
    printf("%d %d %d\n", x, pid, errno == ECHILD);
    printf("%d %d %d %d\n", signals, group == getpgrp(), session == getsid(0), parent == getppid());
    if (fork() == 0) _exit(other(1));
    while (wait(&status) < 0 && errno == EINTR) {}
    printf("%d %d\n", WEXITSTATUS(status), signals);
    return 0;
}
