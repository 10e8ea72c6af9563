// setjmp and longjmp through lazy frames, with functions materialized in between.
//@ links: pie static
//@ lazy: outer middle inner recover
#include <setjmp.h>
#include <stdio.h>

static jmp_buf target;

static int recover(int x) { return x * 10; }
static void inner(int value) { longjmp(target, value); }
static void middle(int value) {
    if (value > 1) inner(value);
    printf("middle returns\n");
}

int outer(int value) {
    volatile int state = 1;
    int result = setjmp(target);
    if (result == 0) {
        state = 2;
        middle(value);
        return -1;
    }
    return recover(result) + state;
}

int main(void) {
    printf("%d\n", outer(1));
    printf("%d\n", outer(5));
    for (int i = 2; i < 100; i++)
        if (outer(i) != i * 10 + 2) return 1;
    if (setjmp(target) < 3) longjmp(target, 3);
    return 0;
}
