#include <stdio.h>
void announce(void) { printf("the other one\n"); }
