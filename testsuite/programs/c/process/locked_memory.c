// A process that locks its memory: what is mapped counts, for users even before it is looked at.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long locked(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long found = -1;
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmLck:", 6) == 0) found = atol(line + 6);
    if (status) fclose(status);
    return found;
}

static int first_called_afterwards(int a) { return a * 3 + 1; }

static void report(const char *who) {
    struct rlimit limit = {16 << 20, 16 << 20};
    setrlimit(RLIMIT_MEMLOCK, &limit);
    int result = mlockall(MCL_CURRENT | MCL_FUTURE);
    long kilobytes = locked();
    printf("%s: %d %d %d\n", who, result, kilobytes > 0 && kilobytes < (12 << 10), first_called_afterwards(5));
    printf("again: %d %d\n", munlockall(), mlockall(MCL_CURRENT));
    fflush(stdout);
}

int main(void) {
    fflush(stdout);
    if (fork() == 0) {
        if (geteuid() == 0 && setuid(65534) != 0) return 1;
        report("a user");
        _exit(0);
    }
    int status = -1;
    wait(&status);
    printf("%d\n", status);
    report("whoever");
    return 0;
}
