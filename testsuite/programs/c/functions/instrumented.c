// -finstrument-functions: the hooks get the function's address, that of its symbol, also for inlined functions.
//@ flags: -finstrument-functions
//@ links: pie no-pie static
//@ static: end(constructor)
//@ opt: O0 O1 O2 Os
//@ debugger
#include <stdio.h>

int twice(int x);
static int thrice(int x) { return x * 3; }
int recursive(int n) { return n ? recursive(n - 1) + 1 : 0; }
int (*pointer)(int) = recursive;
int twice(int x) { return thrice(x) - x; }
int main(int argc, char **argv);

#define HIDDEN __attribute__((no_instrument_function))
static int depth, entries, exits;
HIDDEN static const char *name(void *f) {
    return f == (void *)twice ? "twice" : f == (void *)thrice ? "thrice" : f == (void *)pointer ? "recursive" : f == (void *)main ? "main" : "?";
}
HIDDEN void __cyg_profile_func_enter(void *f, void *from) {
    entries++;
    if (depth < 4)
        printf("%*s> %s %d\n", depth, "", name(f), from != 0);
    depth++;
}
HIDDEN void __cyg_profile_func_exit(void *f, void *from) {
    (void)from;
    exits++;
    if (--depth < 4)
        printf("%*s< %s\n", depth, "", name(f));
}
HIDDEN __attribute__((destructor)) static void end(void) { printf("%d %d %d\n", entries, exits, depth); }

int main(int argc, char **argv) {
    (void)argv;
    printf("%d %d\n", twice(4 * argc), pointer(10));
    return 0;
}
