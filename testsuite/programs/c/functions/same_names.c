// Two units with static functions and variables of the same names, which must not meet.
//@ links: pie static
//@ extra: same_names_other.c
#include <stdio.h>

static int counter = 100;
static int helper(int x) { return x + counter++; }
static int (*const table[])(int) = {helper};
static const char *name(void) { static int calls; return ++calls % 2 ? "here-odd" : "here-even"; }
int other(int x);

int main(void) {
    for (int i = 0; i < 3; i++) printf("%d %d %s %d\n", helper(i), table[0](i), name(), other(i));
    return 0;
}
