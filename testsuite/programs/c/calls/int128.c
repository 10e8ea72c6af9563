// __int128: passed, returned, divided (which calls the compiler's runtime library), converted to and from floats.
#include <stdio.h>

typedef __int128 i128;
typedef unsigned __int128 u128;

static void print(const char *what, u128 v) { printf("%s %016llx%016llx\n", what, (unsigned long long)(v >> 64), (unsigned long long)v); }
i128 multiply(i128 a, i128 b) { return a * b; }
i128 divide(i128 a, i128 b) { return a / b; }
i128 modulo(i128 a, i128 b) { return a % b; }
u128 udivide(u128 a, u128 b) { return a / b; }
u128 umodulo(u128 a, u128 b) { return a % b; }
u128 shift(u128 a, int n) { return a << n | a >> (128 - n); }
double to_double(i128 a) { return (double)a; }
float to_float(u128 a) { return (float)a; }
long double to_extended(i128 a) { return (long double)a; }
i128 from_double(double d) { return (i128)d; }
u128 from_float(float f) { return (u128)f; }
i128 from_extended(long double d) { return (i128)d; }
int spilled(long a, i128 b, long c, i128 d, long e, i128 f, i128 g) { return (int)(a + b + c + d + e + f * 2 + g * 3); }

int main(void) {
    i128 a = ((i128)0x0123456789abcdef << 64) | 0xfedcba9876543210, b = -12345678901234567LL;
    print("*", (u128)multiply(a, b));
    print("/", (u128)divide(a, b));
    print("%", (u128)modulo(a, b));
    print("u/", udivide((u128)a, 1000000007));
    print("u%", umodulo((u128)b, (u128)a));
    print("rot", shift((u128)a, 20));
    printf("%.17g %.9g %.20Lg\n", to_double(a), to_float((u128)a), to_extended(b));
    print("d", (u128)from_double(-1e30));
    print("f", from_float(3e20f));
    print("x", (u128)from_extended(1e25L));
    printf("%d\n", spilled(1, 2, 3, 4, 5, 6, 7));
    return 0;
}
