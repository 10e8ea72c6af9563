// -mstack-alignment holds for lazy code too, whatever the daemon has compiled before.
#include <stdio.h>

// The caller's stack pointer, modulo 64.
unsigned probe(void);
__asm__(".text\n.globl probe\n.type probe,@function\nprobe: leaq 8(%rsp), %rax\nandl $63, %eax\nret\n.size probe,.-probe\n");

__attribute__((noinline)) unsigned inner(int n) {
    volatile char bytes[40];
    bytes[n] = 0;
    return probe() + bytes[n];
}

// What calls it keeps less.
__attribute__((force_align_arg_pointer, noinline)) unsigned outer(int n) {
    unsigned found = probe();
    return found | inner(n);
}

int main(void) {
    printf("%u\n", outer(3));
    return 0;
}
