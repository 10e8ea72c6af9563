// After first calls the set of open descriptors is the same, and open() returns the numbers that it always did.
//@ links: pie static
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int a(int x) { return x + 1; }
static int b(int x) { return x + 2; }
static int open_null(void) { return open("/dev/null", O_RDONLY); }
static int count_open(void) {
    int n = 0;
    for (int fd = 0; fd < 1024; fd++) n += fcntl(fd, F_GETFD) != -1;
    return n;
}

int main(void) {
    int first = open_null();
    int second = open_null();
    printf("%d %d\n", first, second);
    printf("%d %d\n", a(1), count_open());
    close(first);
    printf("%d %d\n", b(1), open_null());
    return 0;
}
