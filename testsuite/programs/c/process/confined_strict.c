// Under seccomp's strict mode there is nothing but read, write and exit: what is called for the first time then was made before.
//@ links: pie no-pie lld
//@ exit: 7
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct shape { int (*area)(int, int); };
static int square(int a, int b) { return a * b; }
static int triangle(int a, int b) { return square(a, b) / 2; }
static const struct shape shapes[] = {{square}, {triangle}};

static int add_all(int n) {
    int sum = 0;
    for (int i = 0; i < 2; i++) sum += shapes[i].area(n, n + 1);
    return sum;
}
static int deep(int n) { return n ? deep(n - 1) + 1 : 0; }

__attribute__((noinline)) static void say(int n) {
    char text[] = "000\n";
    for (int i = 2; i >= 0; i--, n /= 10) text[i] = (char)('0' + n % 10);
    if (write(1, text, 4) != 4) syscall(SYS_exit, 1);
}

int main(int argc, char **argv) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) return 1;
    say(add_all(argc + 4));
    say(deep(argc + 50));
    syscall(SYS_exit, argv[argc] ? 3 : 7);
}
