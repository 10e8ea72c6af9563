// The stack protector's guard is a variable of the program's own.
//@ opt: O0 O2
//@ links: pie no-pie
//@ flags: -fstack-protector-all -mstack-protector-guard=global
//@ static: any
#include <stdio.h>

unsigned long __stack_chk_guard = 0x1234567;

int main(int argc, char **argv) {
    volatile char bytes[32];
    (void)argv;
    bytes[0] = (char)argc;
    printf("%d\n", bytes[0]);
    return 0;
}
