// Indirect jumps that go by a thunk or have a trap behind them: a stub's would have neither.
//@ flags: -mretpoline -mharden-sls=all
//@ static: any
//@ links: pie lld
#include <stdio.h>

static int add(int x) { return x + 1; }
int sub(int x) { return x - 1; }
static int (*volatile const table[])(int) = {add, sub};

int main(int argc, char **argv) {
    printf("%d %d\n", table[argc & 1](5), table[(argc + 1) & 1](5));
    return argv[argc] != NULL;
}
