// Wishes for loops that are fulfilled, or not said to be missed.
//@ flags: -Werror
//@ opt: O0 O2
//@ lazy: main plain apart
#include <stdio.h>

static int a[1000], b[1000];

/* Has to be inlined for the first wish to be fulfilled. */
static int product(int i) { return a[i] * b[i]; }

__attribute__((noinline)) static int sum(void) {
    int s = 0;
#pragma clang loop vectorize(enable) interleave(enable)
    for (int i = 0; i < 1000; i++) s += product(i);
    return s;
}
__attribute__((noinline)) static int unrolled(void) {
    int s = 0;
#pragma unroll 4
    for (int i = 0; i < 16; i++) s += a[i];
    return s;
}
__attribute__((noinline)) static int apart(void) {
    int s = 0;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 16; i++) s += b[i];
    return s;
}
__attribute__((noinline)) static int plain(int n) {
    int s = 0;
    for (int i = 0; i < n; i++) s += a[i] - b[i];
    return s;
}

int main(void) {
    for (int i = 0; i < 1000; i++) a[i] = i % 7, b[i] = i % 5;
    printf("%d %d %d %d\n", sum(), unrolled(), apart(), plain(1000));
    return 0;
}
