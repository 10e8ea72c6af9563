// Builtins of the compiler in all their kinds.
//@ link-flags: -lm
#include <stddef.h>
#include <stdio.h>

struct s { char a; int b; };
static int overflow(unsigned a, unsigned b) { unsigned r; return __builtin_add_overflow(a, b, &r) * 10 + __builtin_sub_overflow(a, b, &r); }
static int constant(int x) { return __builtin_constant_p(5) * 2 + __builtin_constant_p(x); }
static int types(void) { return __builtin_types_compatible_p(int, signed) * 10 + __builtin_types_compatible_p(int, long); }
static int choose(void) { return __builtin_choose_expr(sizeof(int) == 4, 1, "never"); }
static size_t object_size(void) { char b[33]; return __builtin_object_size(b, 0) + __builtin_dynamic_object_size(b, 1); }
static int expected(int x) { return __builtin_expect(x > 3, 1) ? 1 : 2; }
static int unreachable(int x) { switch (x & 1) { case 0: return 10; case 1: return 20; } __builtin_unreachable(); }
static unsigned long scan(unsigned long x) { return (unsigned long)(__builtin_ffsl((long)x) + __builtin_clzl(x) * 100) + __builtin_bswap64(x); }
static void *assumed(void *p) { return __builtin_assume_aligned(p, 16); }
static double math(double x) { return __builtin_fabs(x) + __builtin_sqrt(x * x) + __builtin_copysign(1.0, x) + __builtin_huge_val() * 0.0 * 0; }
static int compare(const char *a) { return __builtin_strcmp(a, "abc") == 0 ? (int)__builtin_strlen(a) : -1; }
static const char *location(void) { return __builtin_FUNCTION(); }
static int line(void) { return __builtin_LINE(); }
static int clear(char *p) { __builtin___clear_cache(p, p + 1); __builtin_prefetch(p); return __builtin_bitreverse8(0x12); }
static long rotate(unsigned x) { return __builtin_rotateleft32(x, 8); }
static int classify(double x) { return __builtin_fpclassify(1, 2, 3, 4, 5, x); }
static int vectors(void) { typedef int v4 __attribute__((vector_size(16))); v4 a = {1, 2, 3, 4}; return __builtin_reduce_add(a); }

int main(void) {
    static char aligned[16] __attribute__((aligned(16)));
    printf("%d %d %d %d %zu\n", overflow(~0u, 1), constant(3), types(), choose(), object_size());
    printf("%d %d %lu %d\n", expected(5), unreachable(3), scan(0xf000), assumed(aligned) == aligned);
    printf("%d %s %d %d %ld\n", compare("abc"), location(), line(), clear(aligned), rotate(0x12345678));
    printf("%d %d %zu %d\n", classify(0.0), classify(1e-310), offsetof(struct s, b), vectors());
    printf("%d\n", math(-1) == math(-1));
    return 0;
}
