// 512-bit arguments and results, and mask arguments.
//@ needs: avx512f
//@ lazy: add blend caller
#include <immintrin.h>
#include <stdio.h>

#define AVX512 __attribute__((target("avx512f")))

AVX512 __m512i add(__m512i a, __m512i b, __m512i c, __m512i d) {
    return _mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(c, d));
}

AVX512 __m512d blend(__mmask8 mask, __m512d a, __m512d b) { return _mm512_mask_blend_pd(mask, a, b); }

AVX512 void caller(void) {
    long v[8], out[8];
    for (int i = 0; i < 8; i++) v[i] = i * i;
    __m512i a = _mm512_loadu_si512(v);
    _mm512_storeu_si512(out, add(a, _mm512_slli_epi64(a, 1), _mm512_set1_epi64(1000), a));
    for (int i = 0; i < 8; i++) printf("%ld ", out[i]);
    double d[8];
    _mm512_storeu_pd(d, blend(0xa5, _mm512_set1_pd(1.5), _mm512_set1_pd(2.5)));
    for (int i = 0; i < 8; i++) printf("%g ", d[i]);
    printf("\n");
}

int main(void) {
    caller();
    return 0;
}
