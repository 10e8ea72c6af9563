// Everything a call can carry something in arrives as it was, on the first call and on the second.
#include <unistd.h>
#include "check.h"
#include <immintrin.h>
#include <string.h>

struct state {
    unsigned long general[16];
    unsigned char vector[16][32];
    unsigned mxcsr;
    unsigned short x87;
};
struct state snapshot, given;
void dump(void);
void call_dump(const struct state *);

// Loads all registers from `given`, calls dump through its stub.
__asm__(".text\n.globl call_dump\ncall_dump:\n"
        "pushq %rbx\npushq %rbp\npushq %r12\npushq %r13\npushq %r14\npushq %r15\nsubq $8, %rsp\n"
        "movq %rdi, %r11\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "vmovups 128+32*\\n(%r11), %ymm\\n\n"
        ".endr\n"
        "movq 0(%r11), %rax\nmovq 8(%r11), %rcx\nmovq 16(%r11), %rdx\nmovq 24(%r11), %rbx\n"
        "movq 40(%r11), %rbp\nmovq 48(%r11), %rsi\nmovq 56(%r11), %rdi\nmovq 64(%r11), %r8\n"
        "movq 72(%r11), %r9\nmovq 80(%r11), %r10\nmovq 96(%r11), %r12\nmovq 104(%r11), %r13\n"
        "movq 112(%r11), %r14\nmovq 120(%r11), %r15\n"
        "ldmxcsr 640(%r11)\n"
        "call dump\n"
        "addq $8, %rsp\npopq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbp\npopq %rbx\nret\n");

int main(void) {
    for (int i = 0; i < 16; i++) {
        given.general[i] = 0x1111111111111111ul * i + 0xab;
        for (int b = 0; b < 32; b++) given.vector[i][b] = (unsigned char)(i * 32 + b + 1);
    }
    given.mxcsr = 0x7fa0;
    for (int round = 0; round < 2; round++) {
        memset(&snapshot, 0, sizeof snapshot);
        unsigned before = _mm_getcsr();
        call_dump(&given);
        _mm_setcsr(before);
        for (int i = 0; i < 16; i++)
            if (i != 4 && i != 11) CHECK(snapshot.general[i] == given.general[i]);
        for (int i = 0; i < 16; i++) CHECK(memcmp(snapshot.vector[i], given.vector[i], 32) == 0);
        CHECK(snapshot.mxcsr == given.mxcsr);
        CHECK(snapshot.general[4] % 16 == 8);
    }
    return 0;
}
