// A linker that folds identical sections keeps the references of functions apart.
//@ flags: -ffunction-sections -fdata-sections
//@ link-flags: -Wl,--icf=all -Wl,--gc-sections
//@ links: lld
//@ extra: lib/identical.c
#include <stdio.h>
int first(int), second(int), third(int);
static int empty(int x) { return x; }
static int also_empty(int x) { return x; }
int main(void) {
    printf("%d %d %d %d %d\n", first(1), second(2), third(3), empty(4), also_empty(5));
    return 0;
}
