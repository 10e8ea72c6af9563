// Variables are reached by the address of the thread's block, which is loaded first.
//@ flags: -mno-tls-direct-seg-refs -pthread
//@ links: all
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
