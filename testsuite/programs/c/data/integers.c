// Integer arithmetic of all widths, overflow builtins, bit builtins, _BitInt.
//@ flags: -std=gnu23
//@ static: any
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

static int8_t narrow(int x) { return (int8_t)x; }
static unsigned rotate(unsigned x, int n) { return x << n | x >> (32 - n); }
static int overflow(int a, int b) { int r; return __builtin_mul_overflow(a, b, &r) ? -1 : r; }
static unsigned bits(unsigned long x) {
    return (unsigned)(__builtin_popcountl(x) * 1000000 + __builtin_clzl(x) * 10000 + __builtin_ctzl(x) * 100 + __builtin_parityl(x));
}
static uint64_t reverse(uint64_t x) { return __builtin_bswap64(x) ^ __builtin_bitreverse64(x); }
static _BitInt(37) odd_width(_BitInt(37) x) { return x * 3 + 1; }
static unsigned _BitInt(100) wide(unsigned _BitInt(100) x) { return x * x; }
static _BitInt(256) wider(_BitInt(256) x, _BitInt(256) y) { return x * y - 1; }
static _BitInt(200) wide_division(_BitInt(200) x, _BitInt(200) y) { return x / y; }
static long shifts(long x, unsigned n) { return (x >> n) + (long)((unsigned long)x >> n) + (x << n % 8); }
static int divide(int a, int b) { return a / b * 100 + a % b; }

int main(void) {
    printf("%d %u %d %d\n", narrow(200), rotate(0x80000001, 4), overflow(1 << 20, 1 << 10), overflow(1 << 20, 1 << 12));
    printf("%u %016llx\n", bits(0xf0f0), (unsigned long long)reverse(0x0123456789abcdef));
    printf("%lld %llu\n", (long long)odd_width(((_BitInt(37))1 << 35) + 5), (unsigned long long)(wide(((unsigned _BitInt(100))1 << 49) + 1) >> 40));
    printf("%llx\n", (unsigned long long)(wider((_BitInt(256))1 << 120, (_BitInt(256))1 << 100) >> 180));
    printf("%lld\n", (long long)wide_division((_BitInt(200))1 << 150, ((_BitInt(200))1 << 110) + 1));
    printf("%ld %d %d\n", shifts(-12345, 3), divide(-17, 5), divide(17, -5));
    printf("%d %d\n", INT_MIN / 2, (int)(INT64_C(1) << 33 >> 31));
    return 0;
}
