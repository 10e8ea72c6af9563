// -Wframe-larger-than is a warning of code generation: what may give it is compiled at once, and gives it.
//@ flags: -Wframe-larger-than=1000
//@ static: large(frame-size-warning)
//@ lazy: small main
#include <stdio.h>

static int large(void) { volatile char b[5000]; b[7] = 3; return b[7]; }
static int small(int x) { return x + 1; }

int main(void) {
    printf("%d %d\n", large(), small(1));
    return 0;
}
