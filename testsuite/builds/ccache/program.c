#include <stdio.h>
#ifndef TEXT
#define TEXT "none"
#endif
static int f(int x) { return x + 1; }
int main(void) { printf("%s %d\n", TEXT, f(41)); return 0; }
