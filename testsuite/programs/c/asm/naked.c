// A naked function is nothing but its assembly; it calls a lazy function.
//@ static: entry(naked)
//@ lazy: body main
#include <stdio.h>

long body(long x, long y) { return x * 100 + y; }
__attribute__((naked)) long entry(long x) { __asm__("movq $7, %rsi\n jmp body@PLT"); }

int main(void) {
    printf("%ld\n", entry(5));
    return 0;
}
