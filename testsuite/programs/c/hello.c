// The smallest program.
//@ links: all
//@ opt: O0 O0+g O2
//@ lazy: main greet
#include <stdio.h>

static const char *name(void) { return "world"; }
void greet(const char *greeting) { printf("%s, %s\n", greeting, name()); }
int main(void) {
    greet("hello");
    return 0;
}
