//@ part
#include <stdio.h>
static int counter = 5000;
static int helper(int x) { return x * 2 + counter--; }
static int (*const table[])(int) = {helper};
static const char *name(void) { static int calls; return ++calls % 2 ? "there-odd" : "there-even"; }
int other(int x) {
    printf("%s ", name());
    return helper(x) + table[0](x);
}
