// Children: with code from before, with a session of their own, of a parent whose other threads are in the runtime,
// and by vfork.
#define _GNU_SOURCE
#include <unistd.h>
#include "check.h"
#include "filter.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

int plus_0(int), plus_1(int), plus_2(int), plus_3(int), plus_4(int), plus_5(int), plus_6(int), plus_7(int);
static int (*const many[])(int) = {plus_4, plus_5, plus_6, plus_7};

static void expect_success(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *work(void *unused) {
    for (int i = 0; i < 4; i++) CHECK(many[i](1) == i + 5);
    return unused;
}

int main(void) {
#ifdef NO_WIPEONFORK
    refuse(SYS_madvise, 2, MADV_WIPEONFORK, 2, MADV_WIPEONFORK, EINVAL);
#endif
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) _exit(plus_0(0) == 0 && plus_1(1) == 2 ? 0 : 1);
    expect_success(child);

    CHECK(plus_0(7) == 7);
    child = fork();
    if (child == 0) {
        CHECK(plus_0(8) == 8 && plus_2(1) == 3);
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(plus_2(1) == 3 && plus_3(1) == 4 ? 0 : 1);
        expect_success(grandchild);
        _exit(0);
    }
    expect_success(child);
    CHECK(plus_1(1) == 2);

    child = vfork();
    if (child == 0) _exit(plus_3(1) == 4 ? 0 : 1);
    expect_success(child);
    CHECK(plus_3(2) == 5);

    // The daemon is slow here, so that the fork hits a thread that holds the lock.
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    usleep(10000);
    child = fork();
    if (child == 0) _exit(plus_7(1) == 8 && plus_2(1) == 3 ? 0 : 1);
    expect_success(child);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
