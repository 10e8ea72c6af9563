// Symbols made by assembler directives on a lazy function: another name for it, a weak one, and a size.
//@ links: pie shared
#include <stdio.h>

int implementation(int x) { return x * 9; }
__asm__(".globl second_name\n.set second_name, implementation\n.weak third_name\n.set third_name, implementation\n");
int second_name(int x);
int third_name(int x);

int main(void) {
    printf("%d %d %d\n", implementation(1), second_name(2), third_name(3));
    return 0;
}
