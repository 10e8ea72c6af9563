// Computed goto through a static table of labels: the table is data of the object, so its function is static.
//@ links: pie no-pie static
//@ static: run(block-address)
//@ lazy: step main
#include <stdio.h>

static int step(int x) { return x * 2; }

int run(const unsigned char *code, int x) {
    static const void *const table[] = {&&halt, &&add, &&multiply, &&negate, &&call};
    goto *table[*code++];
add:
    x += *code++;
    goto *table[*code++];
multiply:
    x *= *code++;
    goto *table[*code++];
negate:
    x = -x;
    goto *table[*code++];
call:
    x = step(x);
    goto *table[*code++];
halt:
    return x;
}

int main(void) {
    static const unsigned char program[] = {1, 5, 2, 3, 4, 3, 1, 7, 0};
    printf("%d %d\n", run(program, 1), run(program, -10));
    return 0;
}
