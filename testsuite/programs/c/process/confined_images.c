// A library locks the process in; then it and the program call what they have not called before.
//@ shared: lib/locks_in.c
//@ link-flags: -L. -llocks_in -Wl,-rpath,$ORIGIN
//@ links: pie no-pie lld
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

void lock_in(void);
int of_library(int n);
int of_program(int n) { return n * 3; }
static int twice(int n) { return of_program(n) * 2; }

__attribute__((noinline)) static void say(int n) {
    char text[] = "00\n";
    for (int i = 1; i >= 0; i--, n /= 10) text[i] = (char)('0' + n % 10);
    if (write(1, text, 3) != 3) syscall(SYS_exit, 1);
}

int main(int argc, char **argv) {
    lock_in();
    say(twice(argc + 3));
    say(of_library(argc + 4));
    syscall(SYS_exit, argv[argc] ? 3 : 0);
}
