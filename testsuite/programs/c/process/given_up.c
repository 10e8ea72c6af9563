// Servers that give up root's power: what they call later for the first time, in processes and in children that are forked after it.
//@ links: pie lld
//@ opt: O0 O2
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int one(int x) { return x * 3 + 1; }
static int two(int x) { return x * 5 + one(x); }
static int three(int x) { return x * 7 + two(x); }
static int four(int x) { return x * 11 + three(x); }
static int five(int x) { return x * 13 + four(x); }
static int six(int x) { return x * 17 + five(x); }
static int seven(int x) { return x * 19 + six(x); }
static int (*const volatile calls[])(int) = {one, two, three, four, five, six, seven};

static void say(const char *what, int n) {
    printf("%s: %d\n", what, calls[n](n + 2));
    fflush(stdout);
}

static void finish(pid_t pid, const char *what) {
    int status;
    waitpid(pid, &status, 0);
    printf("%s: status %x\n", what, status);
    fflush(stdout);
}

static void by_setuid(void) {
    if (setuid(65534) != 0) puts("not root");
}
static void by_setresuid(void) {
    if (setresuid(-1, 65534, -1) != 0) puts("not root");
}
static void by_seteuid(void) {
    if (seteuid(65534) != 0) puts("not root");
}

static void worker(const char *what, int n, void (*give_up)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        /* It has no session of its own yet; the server's is not its. */
        give_up();
        say(what, n);
        pid_t child = fork();
        if (child == 0) {
            say("its child", n + 1);
            _exit(n);
        }
        finish(child, "its child");
        say("after its child", n + 2);
        _exit(n);
    }
    finish(pid, what);
}

int main(void) {
    if (geteuid() != 0) {
        puts("not root");
        return 0;
    }
    worker("setuid", 0, by_setuid);
    worker("setresuid", 2, by_setresuid);
    worker("seteuid", 4, by_seteuid);
    by_setuid();
    say("the server", 6);
    return 0;
}
