// Functions with several versions, chosen by a resolver that the compiler writes.
//@ static: any
//@ lazy: main
#include <stdio.h>

__attribute__((target_clones("avx2", "default"))) int add(const int *v, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += v[i];
    return sum;
}
__attribute__((target("default"))) int version(void) { return 1; }
__attribute__((target("sse4.2"))) int version(void) { return 1; }

int main(void) {
    int v[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    printf("%d %d\n", add(v, 9), version());
    int (*p)(const int *, int) = add;
    printf("%d\n", p(v, 3));
    return 0;
}
