// Started with stdin, stdout and stderr closed, the first calls leave nothing in their places.
//@ exit: 9
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

static int one(int x) { return x + 1; }
static int two(int x) { return one(x) * 2; }
static int is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

int main(int argc, char **argv) {
    if (argc == 1) {
        for (int fd = 0; fd < 100; fd++) close(fd);
        execl("/proc/self/exe", argv[0], "again", NULL);
        _exit(1);
    }
    int n = two(1) + two(2);
    for (int fd = 0; fd < 100; fd++)
        if (is_open(fd)) _exit(20 + fd);
    _exit(n == 10 ? 9 : 2);
}
