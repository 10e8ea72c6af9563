// The first call is made when the process has all the descriptors it may have.
#define _GNU_SOURCE
#include <unistd.h>
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

int plus_1(int), plus_2(int);

int main(void) {
    struct rlimit limit, after;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    CHECK(limit.rlim_max > 100 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int last = -1, fd;
    while ((fd = dup(0)) >= 0) last = fd;
    CHECK(errno == EMFILE);
    CHECK(plus_1(41) == 42);
    // Fewer than a session needs for a moment.
    close(last);
    close(last - 1);
    pid_t child = fork();
    if (child == 0) _exit(plus_2(40) == 42 ? 0 : 1);
    int status;
    extern pid_t waitpid(pid_t, int *, int);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(getrlimit(RLIMIT_NOFILE, &after) == 0 && after.rlim_cur == 64 && after.rlim_max == limit.rlim_max);
    return 0;
}
