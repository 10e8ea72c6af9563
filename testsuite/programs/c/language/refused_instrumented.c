// gprof's counters are for addresses within the program's file.
//@ flags: -pg
//@ link-flags: -pg
//@ static: *(instrumented)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
