// Code that is an error unless the optimizer folds it: it is compiled now, as clang would.
//@ opt: O1 O2 O3 Os
//@ static: any
#include <stdio.h>

extern void size_is_wrong(void) __attribute__((error("wrong size")));
struct s { char c[12]; };
static inline unsigned long size_of_it(void) { return sizeof(struct s); }
static inline void check(unsigned long expected) { if (size_of_it() != expected) size_is_wrong(); }
static inline int shifted(int x, const int by) {
    __asm__("shll %1, %0" : "+r"(x) : "i"(by));
    return x;
}
static int lazy(int x) { return x + 1; }

int main(int argc, char **argv) {
    (void)argv;
    check(12);
    printf("%d %d\n", shifted(argc, 5), lazy(argc));
    return 0;
}
