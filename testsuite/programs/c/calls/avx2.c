// 256-bit arguments and results: the first call must not touch the upper halves of the vector registers.
//@ needs: avx2
//@ lazy: sum8 mix caller
#include <immintrin.h>
#include <stdio.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 __m256i sum8(__m256i a, __m256i b, __m256i c, __m256i d, __m256i e, __m256i f, __m256i g, __m256i h) {
    return _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d)),
                            _mm256_add_epi32(_mm256_add_epi32(e, f), _mm256_add_epi32(g, h)));
}

AVX2 __m256d mix(__m256d a, double x, __m256d b) { return _mm256_add_pd(_mm256_mul_pd(a, _mm256_set1_pd(x)), b); }

AVX2 void caller(void) {
    __m256i v[8];
    for (int i = 0; i < 8; i++) v[i] = _mm256_setr_epi32(i, i + 1, i + 2, i + 3, i * 10, i * 20, i * 30, i * 40);
    int out[8];
    _mm256_storeu_si256((__m256i *)out, sum8(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]));
    for (int i = 0; i < 8; i++) printf("%d ", out[i]);
    double d[4];
    _mm256_storeu_pd(d, mix(_mm256_setr_pd(1, 2, 3, 4), 10, _mm256_setr_pd(.5, .25, .125, .0625)));
    printf("%g %g %g %g\n", d[0], d[1], d[2], d[3]);
}

int main(void) {
    caller();
    return 0;
}
