// What only a discarded function refers to need not exist, and what is left works: with every linker, through ld's own and
// private functions, tables, constants, weak symbols and the GOT.
//@ flags: -ffunction-sections -fdata-sections
//@ link-flags: -Wl,--gc-sections
//@ links: pie no-pie static static-pie lld
//@ extra: gc_missing_other.c
//@ debugger
#include <stdio.h>
#include <string.h>

int missing_call(int);
extern int missing_data;
extern int weak_missing(void) __attribute__((weak));
extern int other_data;
int other_call(int);
int other_dead(int);

static int private_dead(int x) { return missing_call(x) + missing_data; }
int dead(int x) { return private_dead(x) + dead(x - 1); }
int (*dead_table[])(int) = {missing_call, dead, other_dead};
int dead_by_table(int i) { return dead_table[i](i); }
static const char *dead_text(void) { return "never"; }
const char *(*dead_pointer)(void) = dead_text;

static int private_live(int x) { return other_call(x) + other_data; }
int live(int x) { return weak_missing ? weak_missing() : private_live(x); }
static int by_table(int x) { return live(x) * 3; }
static int by_other_table(int x) { return (int)strlen("abc") + x; }
static int (*const table[])(int) = {by_table, by_other_table, live};
__attribute__((noinline)) int choose(int i, int x) { return table[i](x); }

int main(int argc, char **argv) {
    (void)argv;
    printf("%d %d %d %d\n", choose(0, argc), choose(1, argc), choose(2, argc), other_data);
    struct { char bytes[300]; } a, b;
    memset(&a, argc, sizeof a);
    b = a;
    printf("%d\n", b.bytes[299]);
    return 0;
}
