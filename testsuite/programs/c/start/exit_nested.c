// exit from deep inside, while a lazy function's caller is itself on its first call; its status counts.
//@ exit: 42
#include <stdio.h>
#include <stdlib.h>

static void bye(void) { printf("bye\n"); }
static void leave(int status) { exit(status); }
static int deeper(int n) { if (n == 0) leave(42); return deeper(n - 1) + 1; }

int main(void) {
    atexit(bye);
    printf("%d\n", deeper(10));
    return 0;
}
