// Split debug information is a second output of code generation.
//@ flags: -g -gsplit-dwarf
//@ static: *(split-dwarf)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
