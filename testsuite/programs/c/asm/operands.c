// Inline assembly with operands and clobbers, and empty compiler barriers.
//@ static: add(inline-asm) swap(inline-asm) count_bits(inline-asm) fixed(inline-asm)
//@ lazy: barrier opaque cpuid_vendor main
#include <stdio.h>

int add(int a, int b) { __asm__("addl %1, %0" : "+r"(a) : "r"(b) : "cc"); return a; }
void swap(long *a, long *b) { __asm__ volatile("xchgq %0, %1" : "+r"(*a), "+m"(*b)); }
static int count_bits(unsigned x) {
    int n;
    __asm__("xorl %0, %0\n1: testl %1, %1\n jz 2f\n movl %1, %%edx\n decl %%edx\n andl %%edx, %1\n incl %0\n jmp 1b\n2:" : "=&r"(n), "+r"(x) : : "edx", "cc");
    return n;
}
static int cpuid_vendor(void) {
    unsigned a = 0, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return b != 0;
}
static long fixed(long x) {
    register long r10 __asm__("r10") = x;
    long result;
    __asm__("leaq (%1, %1, 2), %0" : "=r"(result) : "r"(r10));
    return result;
}
int barrier(int *x) { *x = 1; __asm__ volatile("" : : : "memory"); return *x; }
int opaque(int x) { return x + 1; }

int main(void) {
    long a = 1, b = 2;
    swap(&a, &b);
    int x = 0;
    printf("%d %ld %ld %d %d %ld %d %d\n", add(2, 3), a, b, count_bits(0xff0f), cpuid_vendor(), fixed(7), barrier(&x), opaque(1));
    return 0;
}
