// A program that closes every descriptor from 3 up, before and between first calls.
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

static int one(int x) { return x + 1; }
static int two(int x) { return x + 2; }
static int three(int x) { return x + 3; }
static void close_all(void) { for (int fd = 3; fd < 4096; fd++) close(fd); }

int main(void) {
    close_all();
    printf("%d\n", one(1));
    close_all();
    printf("%d\n", two(1));
    close_range(3, ~0u, 0);
    printf("%d\n", three(1));
    return 0;
}
