// Inline assembly that names symbols: it calls lazy functions, also a static one that nothing else refers to.
//@ links: pie no-pie static
//@ flags: -mno-red-zone
//@ static: call_by_name(inline-asm) call_operand(inline-asm) load(inline-asm) jump(inline-asm)
//@ lazy: named local_target main
#include <stdio.h>

long named(long x) { return x * 3; }
__attribute__((used)) static long local_target(long x) { return x * 5; }
long variable = 77;

long call_by_name(long x) {
    long result;
    __asm__ volatile("pushq %%rbp\n movq %%rsp, %%rbp\n andq $-16, %%rsp\n subq $128, %%rsp\n call named\n leave"
                     : "=a"(result), "+D"(x) : : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc",
                       "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
    return result;
}
long call_operand(long x) {
    long result;
    __asm__ volatile("pushq %%rbp\n movq %%rsp, %%rbp\n andq $-16, %%rsp\n subq $128, %%rsp\n call %P2\n leave"
                     : "=a"(result), "+D"(x) : "i"(local_target) : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}
long load(void) {
    long result;
    __asm__("movq variable(%%rip), %0" : "=r"(result));
    return result;
}
int jump(int x) {
    __asm__ goto("testl %0, %0\n jnz %l1" : : "r"(x) : "cc" : nonzero);
    return 0;
nonzero:
    return 1;
}

int main(void) {
    printf("%ld %ld %ld %d %d\n", call_by_name(2), call_operand(2), load(), jump(0), jump(5));
    return 0;
}
