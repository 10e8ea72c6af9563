// -ffunction-sections with --gc-sections: what nobody calls is dropped, what is called works.
//@ flags: -ffunction-sections -fdata-sections
//@ link-flags: -Wl,--gc-sections
//@ links: pie static lld
#include <stdio.h>

int never_defined(void);
int unused(void) { return 1; }
static int used_by_table(void) { return 2; }
int called(void) { return 3; }
static int (*const table[])(void) = {used_by_table, called};
int unused_table_target(void) { return 4; }
int (*unused_table[])(void) = {unused_table_target};

int main(void) {
    printf("%d %d\n", table[0](), called());
    return 0;
}
