// Brain floats are rounded by a function even where they are only passed on.
//@ opt: O0 O2
//@ links: pie
//@ link-flags: --rtlib=compiler-rt --unwindlib=libgcc
//@ static: any
#include <stdio.h>

__attribute__((noinline)) static void take(__bf16 b) { (void)b; }
__attribute__((noinline)) static void pass(__bf16 *p) { take(*p); }
__attribute__((noinline)) static float sum(__bf16 *p) { return (float)p[0] + (float)p[1]; }

int main(void) {
    __bf16 numbers[] = {1, 2};
    pass(numbers);
    printf("%g\n", sum(numbers));
    return 0;
}
