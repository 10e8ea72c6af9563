// A program whose shell has left it little address space (`ulimit -v`).
//@ opt: O0 O2
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int one(int n) { return n + 1; }
static int two(int n) { return one(n) * 2; }

int main(int count, char **arguments) {
    if (count > 1) {
        printf("%d\n", two(count));
        return 0;
    }
    struct rlimit little = {16 << 20, 16 << 20};
    if (setrlimit(RLIMIT_AS, &little) != 0) return 1;
    char *again[] = {arguments[0], "again", NULL};
    fflush(stdout);
    execv("/proc/self/exe", again);
    return 2;
}
