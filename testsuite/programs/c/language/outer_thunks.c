// Code generation calls what the program brings along for it.
//@ opt: O0 O2
//@ links: pie no-pie
//@ flags: -mretpoline-external-thunk
//@ static: any
#include <stdio.h>

__asm__(".globl __x86_indirect_thunk_r11\n"
        "__x86_indirect_thunk_r11: jmp *%r11\n"
        ".globl __x86_return_thunk\n"
        "__x86_return_thunk: ret\n");

static int twice(int x) { return x * 2; }
int (*volatile pointer)(int) = twice;

int main(int argc, char **argv) {
    (void)argv;
    printf("%d\n", pointer(argc));
    return 0;
}
