// Module-level assembly that defines functions and data for C, and refers to C's lazy ones.
//@ links: pie static
//@ lazy: from_c used_by_asm main
#include <stdio.h>

__asm__(".text\n"
        ".globl from_assembly\n"
        ".type from_assembly, @function\n"
        "from_assembly:\n"
        "  leaq 1(%rdi), %rdi\n"
        "  jmp from_c@PLT\n"
        ".size from_assembly, . - from_assembly\n"
        ".local hidden_in_assembly\n"
        "hidden_in_assembly:\n"
        "  leaq (%rdi, %rdi), %rax\n"
        "  ret\n"
        ".globl calls_static\n"
        "calls_static:\n"
        "  jmp used_by_asm\n"
        ".section .rodata\n"
        ".globl assembly_data\n"
        "assembly_data: .long 123\n"
        ".section .data.rel.ro, \"aw\"\n"
        ".globl assembly_pointer\n"
        "assembly_pointer: .quad from_c\n"
        ".text\n");

long from_assembly(long), hidden_in_assembly(long), calls_static(long);
extern const int assembly_data;
extern long (*const assembly_pointer)(long);

long from_c(long x) { return x * 10; }
__attribute__((used)) static long used_by_asm(long x) { return x * 100; }

int main(void) {
    printf("%ld %ld %ld\n", from_assembly(1), hidden_in_assembly(4), calls_static(5));
    printf("%d %d %ld\n", assembly_data, assembly_pointer == from_c, assembly_pointer(6));
    return 0;
}
