// Floating point of all sizes, conversions, comparisons with NaN, _Float16 and __float128.
//@ link-flags: -lm
//@ opt: O0 O2+ffp-contract=off
//@ static: any
#include <float.h>
#include <math.h>
#include <stdio.h>

static double poly(double x) { return ((x * 2 + 3) * x - 4) * x + 5; }
static float single(float x) { return x * 1.1f + 0.1f; }
static long double extended(long double x) { return x / 3 + sqrtl(x); }
static _Float16 half(_Float16 a, _Float16 b) { return a * b + (_Float16)0.5f; }
static double from_half(_Float16 x) { return (double)x; }
static __float128 quad(__float128 a, __float128 b) { return a * b; }
static int compare(double a, double b) { return (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a > b) << 4 | isunordered(a, b) << 5; }
static unsigned long to_unsigned(double x) { return (unsigned long)x; }
static double from_unsigned(unsigned long x) { return (double)x; }
static double remainder_of(double a, double b) { return fmod(a, b) + floor(a) * 1000 + ceil(b) + trunc(a) + rint(b); }
static double functions(double x) { return sin(x) + cos(x) * exp(x) - log(x) + pow(x, 2.5) + fabs(-x) + fma(x, x, 1); }

int main(void) {
    printf("%.17g %.9g %.20Lg\n", poly(1.7), single(2.3f), extended(2.0L));
    printf("%g %g\n", (double)half((_Float16)1.5f, (_Float16)3.0f), from_half((_Float16)65504.0f));
    printf("%g\n", (double)quad((__float128)1.5, (__float128)1e300 / (__float128)1e299));
    printf("%d %d %d\n", compare(1, 2), compare(2, 2), compare(NAN, 1));
    printf("%lu %.17g\n", to_unsigned(1.8e19), from_unsigned(~0ul - 5000));
    printf("%.17g %.12g\n", remainder_of(17.75, 5.5), functions(1.25));
    printf("%d %d %d %g\n", isinf(INFINITY), isnan(NAN), signbit(-0.0) != 0, copysign(3, -0.0));
    printf("%a %a %La\n", DBL_MIN, (double)FLT_TRUE_MIN, LDBL_EPSILON);
    return 0;
}
