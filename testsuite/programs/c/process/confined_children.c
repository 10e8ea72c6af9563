// Children that could open nothing: they have no descriptors to use, no memory to map, another root and another user.
//@ links: pie lld
//@ opt: O0 O2
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int one(int x) { return x * 3 + 1; }
static int two(int x) { return x * 5 + one(x); }
static int three(int x) { return x * 7 + two(x); }
static int four(int x) { return x * 11 + three(x); }
static int (*const volatile calls[])(int) = {one, two, three, four};

static void in_child(const char *what, int n, void (*confine)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        confine();
        printf("%s: %d\n", what, calls[n](n + 2));
        fflush(stdout);
        _exit(n);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("%s: status %x\n", what, status);
    fflush(stdout);
}

static void no_descriptors(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
}
static void no_memory(void) {
    struct rlimit little = {1 << 20, 1 << 20};
    prlimit(0, RLIMIT_AS, &little, NULL);
}
static void other_root(void) {
    /* As root there is nothing in it, and as anybody else it fails. */
    if (chroot("/proc/self/fdinfo") == 0 && setresgid(65534, 65534, 65534) == 0) setresuid(65534, 65534, 65534);
}
static void grandchild(void) {
    other_root();
    no_descriptors();
    pid_t pid = fork();
    if (pid == 0) return;
    int status;
    waitpid(pid, &status, 0);
    _exit(WEXITSTATUS(status) + 10);
}

int main(void) {
    in_child("descriptors", 0, no_descriptors);
    in_child("memory", 1, no_memory);
    in_child("root", 2, other_root);
    in_child("grandchild", 3, grandchild);
    return 0;
}
