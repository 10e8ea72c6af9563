// A call of a function that is declared to be an error or a warning is found by code generation.
//@ static: warned(dontcall)
//@ lazy: fine main
#include <stdio.h>

__attribute__((warning("this is a bad idea"))) int risky(int x);
int warned(int x) { return x > 1000 ? risky(x) : x; }
int fine(int x) { return x + 1; }
int risky(int x) { return x; }

int main(void) {
    printf("%d %d\n", warned(1), fine(1));
    return 0;
}
