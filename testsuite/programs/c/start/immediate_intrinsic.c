// A function that runs before main uses an intrinsic with an immediate argument, and so does a lazy one.
//@ static: fold(constructor) init(constructor)
#include <immintrin.h>
#include <stdio.h>

static __attribute__((target("sse4.2"))) int fold(const char *text) {
    __m128i a = _mm_loadu_si128((const __m128i *)text);
    return _mm_cmpistri(a, _mm_set1_epi8('c'), _SIDD_CMP_EQUAL_EACH) + _mm_extract_epi16(_mm_alignr_epi8(a, a, 3), 1);
}

__attribute__((target("sse4.2"))) int later(const char *text) {
    __m128i a = _mm_loadu_si128((const __m128i *)text);
    return _mm_cmpistri(a, _mm_set1_epi8('f'), _SIDD_CMP_EQUAL_ANY);
}

static int early = -1;

__attribute__((constructor)) static void init(void) {
    if (__builtin_cpu_supports("sse4.2"))
        early = fold("0123c56789abcdef");
}

int main(void) {
    printf("%d %d\n", early, __builtin_cpu_supports("sse4.2") ? later("abcdefghijklmnop") : -1);
    return 0;
}
