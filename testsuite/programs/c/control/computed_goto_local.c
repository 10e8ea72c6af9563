// Labels as values that stay inside their function: no data of the object knows them.
//@ lazy: run main
#include <stdio.h>

int run(int n) {
    void *next = &&even, *other = &&odd;
    int sum = 0;
again:
    if (n == 0) return sum;
    n--;
    goto *next;
even:
    sum += n;
    next = other, other = &&even;
    goto again;
odd:
    sum += n * 100;
    next = &&even, other = &&odd;
    goto again;
}

int main(void) {
    printf("%d %d\n", run(5), run(10));
    return 0;
}
