// Functions that nobody calls may be as wrong at run time as they like.
//@ lazy: main never divides loops
#include <stdio.h>
#include <stdlib.h>
int never(int *p) { *p = *(int *)0; abort(); }
int divides(void) { volatile int z = 0; return 1 / z; }
void loops(void) { for (;;) {} }
static int used(void) { return 3; }
int main(void) {
    printf("%d\n", used());
    return 0;
}
