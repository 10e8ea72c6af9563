// Other calling conventions leave no register to a stub. Their callers are lazy all the same, unless the assembler's
// name of what they call is not the one in the IR.
//@ static: windows(calling-convention) __regcall3__registers(calling-convention) gentle(calling-convention) vectors(calling-convention) count(calling-convention) use_vectors(calling-convention)
//@ lazy: main
#include <stdarg.h>
#include <stdio.h>

__attribute__((ms_abi)) int windows(int a, double b, long c, float d, int e) { return a + (int)b * 2 + (int)c * 3 + (int)d * 4 + e * 5; }
__attribute__((regcall)) int registers(int a, int b, int c, int d, int e, int f, int g, int h) { return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8; }
__attribute__((preserve_most)) int gentle(int a) { return a * 3; }
__attribute__((vectorcall)) double vectors(double a, double b) { return a - b; }
__attribute__((ms_abi)) int count(int n, ...) {
    __builtin_ms_va_list list;
    __builtin_ms_va_start(list, n);
    int sum = 0;
    while (n-- > 0) sum = sum * 2 + __builtin_va_arg(list, int);
    __builtin_ms_va_end(list);
    return sum;
}

int use(void) {
    return windows(1, 2, 3, 4, 5) + registers(1, 2, 3, 4, 5, 6, 7, 8) + gentle(7) + count(6, 1, 2, 3, 4, 5, 6);
}

int use_vectors(void) { return (int)vectors(10, 2.5); }

int main(void) {
    printf("%d %d\n", use(), use_vectors());
    return 0;
}
