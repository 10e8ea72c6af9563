// alloca and variable-length arrays, with lazy functions called while the stack has been moved.
#include <alloca.h>
#include <stdio.h>
#include <string.h>

static long sum(const int *v, int n) {
    long s = 0;
    for (int i = 0; i < n; i++) s += v[i];
    return s;
}
static long with_vla(int n) {
    int v[n];
    for (int i = 0; i < n; i++) v[i] = i * i;
    return sum(v, n) + (long)sizeof v;
}
static long matrix(int rows, int columns, int m[rows][columns]) {
    long s = 0;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) s += m[i][j] * (i + 1);
    return s;
}
static size_t with_alloca(const char *text, int times) {
    char *buffer = alloca(strlen(text) * (size_t)times + 1);
    *buffer = 0;
    for (int i = 0; i < times; i++) strcat(buffer, text);
    return strlen(buffer);
}
static long in_a_loop(int n) {
    long s = 0;
    for (int i = 1; i < n; i++) {
        int v[i];
        v[i - 1] = i;
        s += sum(&v[i - 1], 1);
    }
    return s;
}
static int is_aligned(int n) {
    _Alignas(128) char fixed[32];
    char *p = __builtin_alloca_with_align((size_t)n, 64 * 8);
    memset(p, 1, (size_t)n);
    fixed[0] = p[0];
    return (unsigned long)p % 64 == 0 && (unsigned long)fixed % 128 == 0 && fixed[0];
}

int main(void) {
    printf("%ld %ld\n", with_vla(10), with_vla(1000));
    int m[3][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
    printf("%ld\n", matrix(3, 4, m));
    printf("%zu %ld %d\n", with_alloca("lazy", 100), in_a_loop(100), is_aligned(77));
    return 0;
}
