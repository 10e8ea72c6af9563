// Warnings are clang's, and the program runs.
//@ flags: -Wall -Wextra -Wconversion
#include <stdio.h>
static int unused(int parameter) { return 1; }
int main(void) {
    int x = 3.7;
    unsigned char c = x * 100;
    if (x = c) printf("%d\n", x);
    return 0;
}
