/* C89, strictly: no line comments below, no mixed declarations. */
//@ flags: -std=c89 -pedantic-errors -Wall -Wextra
#include <stdio.h>

static int sum(const int *v, int n) {
    int s = 0;
    int i;
    for (i = 0; i < n; i++) s += v[i];
    return s;
}

int main(void) {
    int v[5];
    int i;
    for (i = 0; i < 5; i++) v[i] = i * i;
    printf("%d\n", sum(v, 5));
    return 0;
}
