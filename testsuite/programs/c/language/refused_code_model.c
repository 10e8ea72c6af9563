// Other code models.
//@ flags: -mcmodel=large
//@ static: *(code-model)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
