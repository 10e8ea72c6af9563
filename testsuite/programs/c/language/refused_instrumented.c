// Instrumentation of functions.
//@ flags: -finstrument-functions
//@ static: *(instrumented)
#include <stdio.h>

int twice(int x) { return x * 2; }
static int thrice(int x) { return x * 3; }

static int depth;
__attribute__((no_instrument_function)) void __cyg_profile_func_enter(void *f, void *c) { (void)f, (void)c, depth++; }
__attribute__((no_instrument_function)) void __cyg_profile_func_exit(void *f, void *c) { (void)f, (void)c, depth--; }

int main(void) {
    printf("%d %d\n", twice(4), thrice(5));
    return 0;
}
