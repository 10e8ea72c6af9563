// LD_PRELOAD with a lazy library that overrides functions of libc, also for plain programs that it starts.
//@ shared: lib/override.c
//@ env: LD_PRELOAD=./liboverride.so
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void) {
    printf("%d %d\n", abs(-5), rand());
    srand(3);
    printf("%d\n", rand());
    fflush(stdout);
    return system("/bin/true");
}
