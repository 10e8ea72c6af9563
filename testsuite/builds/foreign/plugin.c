// Loaded at run time, twice by different names.
#include <stdio.h>

static int state = 40;
static void __attribute__((constructor)) start(void) { state++; }
static int more(int by) { return state += by; }
int plugin(int by) { return printf("plugin %d\n", more(by)); }
