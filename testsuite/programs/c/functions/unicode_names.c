// Names that are not ASCII, names with dollars, and names that are words of the assembler.
//@ links: pie lld
#include <stdio.h>

int größe(int x) { return x + 1; }
static int длина(int x) { return x + 2; }
int 長さ(int x) { return x + 3; }
int with$dollar(int x) { return x + 4; }
int rax(int x) { return x + 5; }
int offset(int x) { return x + 6; }
int ptr(int x) { return x + 7; }
int eax = 8, byte = 9;
static int not(int x) { return x + 10; }
int quoted(int x) __asm__("a name with spaces");
int quoted(int x) { return x + 11; }
int dotted(int x) __asm__("dotted.name@weird");

int main(void) {
    int (*volatile p)(int) = длина;
    printf("%d %d %d %d\n", größe(0), p(0), 長さ(0), with$dollar(0));
    printf("%d %d %d %d %d %d %d\n", rax(0), offset(0), ptr(0), eax, byte, not(0), quoted(0));
    return 0;
}
