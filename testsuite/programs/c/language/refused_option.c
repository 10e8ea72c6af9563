// An option that the payload does not record.
//@ flags: -fno-plt
//@ static: *(unsupported-option)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
