// Vector types in SSE registers: generic vectors, __m128, short ones, more than eight arguments.
#include <emmintrin.h>
#include <stdio.h>

typedef int v4 __attribute__((vector_size(16)));
typedef float f4 __attribute__((vector_size(16)));
typedef short s4 __attribute__((vector_size(8)));
typedef double d4 __attribute__((vector_size(32)));

v4 add(v4 a, v4 b) { return a + b; }
f4 scale(f4 a, float s) { return a * s; }
s4 shuffle(s4 a) { return __builtin_shufflevector(a, a, 3, 2, 1, 0); }
__m128i max(__m128i a, __m128i b) { return _mm_max_epi16(a, b); }
f4 many(f4 a, f4 b, f4 c, f4 d, f4 e, f4 f, f4 g, f4 h, f4 i, f4 j) { return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10; }
/* Without AVX this goes through memory, but -Wpsabi says so: keep it behind a pointer. */
void wide(d4 *r, const d4 *a, const d4 *b) { *r = *a * *b; }
static void print(f4 v) { printf("%g %g %g %g\n", v[0], v[1], v[2], v[3]); }

int main(void) {
    v4 v = add((v4){1, 2, 3, 4}, (v4){10, 20, 30, 40});
    printf("%d %d %d %d\n", v[0], v[1], v[2], v[3]);
    f4 o = {1, 2, 3, 4};
    print(scale(o, 0.5f));
    s4 s = shuffle((s4){1, 2, 3, 4});
    printf("%d %d %d %d\n", s[0], s[1], s[2], s[3]);
    v4 m = (v4)max(_mm_set1_epi16(3), (__m128i)(v4){0x00020004, 0, 0x00090001, 0});
    printf("%x %x %x %x\n", (unsigned)m[0], (unsigned)m[1], (unsigned)m[2], (unsigned)m[3]);
    print(many(o, o, o, o, o, o, o, o, o, o));
    d4 r, a = {1, 2, 3, 4};
    wide(&r, &a, &a);
    printf("%g %g\n", r[0], r[3]);
    return 0;
}
