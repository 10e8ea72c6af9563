// Linker options of large builds: response to -O1, hash styles, as-needed, a version script that hides everything.
//@ links: shared pie
//@ link-flags: -Wl,-O1 -Wl,--hash-style=gnu -Wl,--as-needed -lm -Wl,-Bsymbolic
#include <stdio.h>

int exported(int x) { return x + 1; }
int calls_exported(int x) { return exported(x) * 2; }
int (*pointer)(int) = exported;

int main(void) {
    printf("%d %d %d\n", calls_exported(1), pointer(2), pointer == exported);
    return 0;
}
