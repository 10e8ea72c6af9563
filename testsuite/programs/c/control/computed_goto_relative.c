// Computed goto by differences of labels: they stand in data too.
//@ static: run(block-address)
#include <stdio.h>

int run(const char *code, int x) {
    static const int offsets[] = {&&stop - &&stop, &&up - &&stop, &&down - &&stop};
    for (;;) {
        goto *(&&stop + offsets[*code++ - '0']);
    up:
        x++;
        continue;
    down:
        x -= 3;
        continue;
    stop:
        return x;
    }
}

int main(void) {
    printf("%d\n", run("11121110", 10));
    return 0;
}
