// Functions without a prototype, and definitions in the style of K&R.
//@ flags: -std=gnu89 -Wno-deprecated-non-prototype -Wno-implicit-function-declaration
#include <stdio.h>

int weigh(a, b, c)
    int a;
    double b;
    char c;
{
    return a + (int)b + c;
}

implicit(x) { return x * 2; }
int later();

int main() {
    int (*p)() = weigh;
    printf("%d %d %d\n", weigh(1, 2.5, 'c'), p(3, 4.5, 'd'), implicit(21));
    printf("%d\n", later(1, 2.0f, 3));
    printf("%d\n", undeclared(5));
    return 0;
}

int later(a, b, c)
    int a, c;
    float b;
{
    return a * 100 + (int)(b * 10) + c;
}

undeclared(n) { return n + 1; }
