// C99 inline semantics: inline definitions for this unit only, extern inline, static inline, always_inline.
//@ extra: inline_other.c
#include <stdio.h>

inline int only_inline(int x) { return x + 1; }
extern inline int with_external(int x) { return x + 2; }
inline int declared_extern(int x) { return x + 3; }
extern int declared_extern(int x);
static inline int local(int x) { return x + 4; }
__attribute__((always_inline)) static inline int always(int x) { return x + 5; }
__attribute__((gnu_inline)) extern inline int gnu(int x) { return x + 6; }
__attribute__((noinline)) static int never(int x) { return x + 7; }
int other(int x);

int main(void) {
    /* At -O0 the external definition is what is called. */
    printf("%d %d %d\n", only_inline(0), with_external(0), declared_extern(0));
    printf("%d %d %d %d\n", local(0), always(0), gnu(0), never(0));
    printf("%d\n", other(0));
    return 0;
}
