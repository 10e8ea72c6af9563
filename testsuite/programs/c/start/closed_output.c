// Writing to a closed stdout fails in the program and nowhere else; its number is free for the next open.
//@ exit: 5
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int report(const char *text) { fprintf(stderr, "%s %d\n", text, errno == EBADF); return 5; }
static int lazily_open(void) { return open("/dev/null", O_WRONLY); }

int main(void) {
    close(1);
    printf("nobody reads this\n");
    if (fflush(stdout) == 0) return 1;
    int status = report("flush failed:");
    int fd = lazily_open();
    fprintf(stderr, "%d\n", fd);
    return fd == 1 ? status : 2;
}
