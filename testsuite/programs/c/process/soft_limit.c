// A limit of address space that could be raised again: a library that was not called before works nevertheless.
//@ shared: lib/soft_limit.c
//@ link-flags: ./libsoft_limit.so -Wl,-rpath,$ORIGIN
#include <stdio.h>
#include <sys/resource.h>

int of_library(int n);
static int later(int n) { return of_library(n); }

int main(int argc, char **argv) {
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    puts("at the start");
    struct rlimit none = {0, RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &none) != 0) return 1;
    printf("%d\n", later(argc));
    return argv[argc] != NULL;
}
