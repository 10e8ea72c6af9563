// Of one function code generation returns by what the program brings along for it.
//@ opt: O0 O2
//@ links: pie no-pie
//@ static: thrice(libcall)
#include <stdio.h>

__asm__(".globl __x86_return_thunk\n"
        "__x86_return_thunk: ret\n");

__attribute__((noinline, function_return("thunk-extern"))) int thrice(int x) { return x * 3; }

int main(int argc, char **argv) {
    (void)argv;
    printf("%d\n", thrice(argc));
    return 0;
}
