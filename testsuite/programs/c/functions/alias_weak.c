// Local aliases of weak definitions: they stay with this file's, also where another file's is taken for the name.
//@ opt: O0 O1 O2 Os
//@ links: pie no-pie static lld
//@ extra: alias_weak_other.c
//@ debugger
#include <stdio.h>

int count;
__attribute__((weak, noinline)) void announce(void) { count++; }
static void own_announce(void) __attribute__((alias("announce")));

__attribute__((weak)) int level = 7;
extern int own_level __attribute__((alias("level"), visibility("hidden")));

int main(void) {
    own_announce();
    printf("%d\n", count);
    announce();
    printf("%d %d %d\n", own_level, &level == &own_level, count);
    return 0;
}
