// The 2 GiB on both sides of the program are taken before its first call: code has to live farther away than 32 bits
// reach, and every reference out of it still has to be right.
//@ links: pie no-pie static
//@ static: occupy(constructor) constructor(constructor)
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

extern char __executable_start;
static int variable = 5;
static int taken;
int exported(int x) { return x + variable; }
static int helper(int x) { return exported(x) * 2; }
static int (*const table[])(int) = {exported, helper};

static int occupy(uintptr_t from, uintptr_t to) {
    int n = 0;
    for (uintptr_t p = from; p < to; p += 16 << 20)
        n += mmap((void *)p, 16 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
    return n;
}
__attribute__((constructor)) static void constructor(void) {
    uintptr_t here = (uintptr_t)&__executable_start & ~(uintptr_t)0xfffff, reach = (uintptr_t)5 << 29;
    taken = occupy(here > reach ? here - reach : 1 << 20, here) + occupy(here, here + reach);
}

int main(void) {
    printf("%d %d %d\n", helper(1), table[1](2), table[0] == exported);
    variable++;
    char text[20];
    snprintf(text, sizeof text, "%d", table[0](3));
    printf("%s %zu %d %g\n", text, strlen(text), taken > 20, (double)exported(1) / 2);
    return 0;
}
