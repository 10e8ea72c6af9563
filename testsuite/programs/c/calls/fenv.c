// The rounding modes of both floating point units and the exception flags survive a first call.
//@ link-flags: -lm
//@ lazy: third thirdl quiet
#include <fenv.h>
#include <stdio.h>

__attribute__((noinline)) double third(volatile double one) { return one / 3; }
__attribute__((noinline)) long double thirdl(volatile long double one) { return one / 3; }
int quiet(int x) { return x + 1; }

int main(void) {
    fesetround(FE_UPWARD);
    printf("%a %La\n", third(1), thirdl(1));
    printf("%d\n", fegetround() == FE_UPWARD);
    fesetround(FE_DOWNWARD);
    printf("%a %La\n", third(1), thirdl(1));
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_DIVBYZERO);
    int x = quiet(1);
    printf("%d %d %d\n", x, fetestexcept(FE_DIVBYZERO) != 0, fetestexcept(FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW));
    return 0;
}
