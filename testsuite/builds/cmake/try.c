#include <stdio.h>
static int f(int x) { return x + 1; }
int main(void) { printf("%d", f(41)); return f(4); }
