// A first call leaves no trace: errno, descriptors, children, signal mask. Imports have the linker's addresses.
#define _GNU_SOURCE
#include <unistd.h>
#include "check.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

int plus_0(int), plus_1(int), plus_2(int);
void *address_of_own(void), *address_of_getpid(void), *address_of_environ(void), *address_of_nothing(void);
int own_data;
extern char **environ;
__attribute__((weak)) extern int no_such_symbol;

static int descriptors(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    CHECK(d);
    while (readdir(d)) n++;
    closedir(d);
    return n;
}

int main(void) {
    int before = descriptors();
    sigset_t mask, after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    CHECK(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
    errno = 4711;
    CHECK(plus_1(41) == 42);
    CHECK(errno == 4711);
    CHECK(plus_1(1) == 2 && plus_0(5) == 5 && plus_2(5) == 7);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &after) == 0);
    CHECK(sigismember(&after, SIGUSR2) == 1 && sigismember(&after, SIGUSR1) == 0);
    CHECK(descriptors() == before);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD);
    CHECK(address_of_own() == (void *)&own_data);
    CHECK(((pid_t (*)(void))address_of_getpid())() == getpid());
    CHECK(address_of_environ() == (void *)&environ);
    CHECK(address_of_nothing() == NULL && &no_such_symbol == NULL);
    return 0;
}
