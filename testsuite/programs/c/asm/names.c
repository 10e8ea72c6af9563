// Assembly calls functions by their names, of which the code itself knows nothing: they keep their symbols.
//@ opt: O0 O0+g
//@ links: pie static lld
//@ static: by_name(inline-asm)
//@ public: of_code of_file
#include <stdio.h>

static int calls;
static void of_code(void) { calls++; }
static int of_file(int x) { return x + 1; }
__asm__(".globl other_name\n.set other_name, of_file");
int other_name(int);

void by_call(void) { of_code(); }

void by_name(void) {
    __asm__ volatile("sub $136, %%rsp\n call of_code\n add $136, %%rsp"
                     :
                     :
                     : "memory", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

int main(void) {
    by_call();
    by_name();
    printf("%d %d\n", calls, of_file(3) + other_name(2));
    return 0;
}
