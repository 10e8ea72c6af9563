// Reports of this sanitizer could not name the lazy code of a library.
//@ flags: -fsanitize=address -fPIC
//@ link-flags: -fsanitize=address
//@ static: *(sanitizer)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
