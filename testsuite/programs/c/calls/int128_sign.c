// Where the sign bit is known to be 0, code generation takes the functions for numbers without a sign.
#include <stdio.h>

typedef __int128 wide;
typedef unsigned __int128 natural;

static __attribute__((noinline)) wide square(wide a) { return a * a / 7; }
static __attribute__((noinline)) int rest(unsigned long a, unsigned long b) { return (int)((wide)a % (wide)b); }
static __attribute__((noinline)) long half(wide a) { return a > 0 ? (long)(a / 3) : (long)(a % 5); }
static __attribute__((noinline)) double real(unsigned long a, unsigned char b) { return (double)((wide)a * b); }
static __attribute__((noinline)) float small(wide a) { return a < 0 ? 0 : (float)a; }
static __attribute__((noinline)) long double large(natural a) { return (long double)(a >> 1); }
static __attribute__((noinline)) long whole(double a) { return (long)(wide)__builtin_fabs(a); }
static __attribute__((noinline)) long other(natural a, natural b) { return (long)(a / (b | 1)) + (long)(a % 10); }

int main(void) {
  printf("%ld %d %ld %ld\n", (long)square(1000003), rest(~0ul, 12345), half(100), half(-101));
  printf("%g %g %Lg %ld %ld\n", real(~0ul, 200), (double)small((wide)1 << 100), large((natural)1 << 127), whole(-1e15), other((natural)7 << 70, (natural)9 << 66));
  return 0;
}
