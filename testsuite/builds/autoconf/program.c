#include <stdio.h>
int answer(int x);
int inner(const char *text);
int main(void) { printf("%d %d\n", answer(21), inner("four")); return 0; }
