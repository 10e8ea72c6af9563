// errno survives first calls, and functions that read or set it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static int first(void) { return errno; }
static int second(int x) { return x + errno; }
static void set(int value) { errno = value; }
static int fails(void) { return open("/does/not/exist", O_RDONLY); }
static int untouched(void) { return 5; }

int main(void) {
    errno = 77;
    int a = first();
    int b = second(1);
    int c = untouched();
    printf("%d %d %d %d\n", a, b, c, errno == 77);
    set(3);
    printf("%d\n", errno);
    printf("%d %d\n", fails(), errno == ENOENT);
    errno = 0;
    char *end;
    long v = strtol("99999999999999999999", &end, 10);
    printf("%d %d\n", v == 9223372036854775807, errno == ERANGE);
    return 0;
}
