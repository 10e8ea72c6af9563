// A failed assertion names file, line and function.
//@ exit: SIGABRT
#include <assert.h>
#include <stdio.h>

static int check(int x) { assert(x < 3 && "too large"); return x; }

int main(void) {
    printf("%d\n", check(2));
    fflush(stdout);
    return check(5);
}
