// Descriptors 0, 1 and 2 are closed, and stay so.
#include <unistd.h>
#include "check.h"
#include <errno.h>
#include <fcntl.h>

int plus_1(int);

int main(void) {
    close(0);
    close(1);
    close(2);
    if (plus_1(41) != 42) return 2;
    for (int fd = 0; fd < 8; fd++)
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) return 3 + fd;
    return 0;
}
