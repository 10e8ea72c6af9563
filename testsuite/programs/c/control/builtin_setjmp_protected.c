// The compiler's own setjmp, of which the shadow stack's place is a part.
//@ flags: -fcf-protection=return
//@ opt: O0 O0+g O1 O2
//@ links: pie no-pie static
//@ static: main(shadow-stack)
#include <stdio.h>

static void *place[5];
static int depth;

static void leap(void) {
    depth++;
    __builtin_longjmp(place, 1);
}

int main(void) {
    if (__builtin_setjmp(place) == 0) {
        puts("first");
        leap();
    } else {
        puts("second");
    }
    printf("%d\n", depth);
    return 0;
}
