// A program that is lazy throughout passes --autojit-strict.
//@ strict
//@ lazy: main f
#include <stdio.h>
static int f(int x) { return x + 1; }
int main(void) {
    printf("%d\n", f(1));
    return 0;
}
