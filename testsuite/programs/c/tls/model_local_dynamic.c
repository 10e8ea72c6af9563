// One call of the C library for all variables of a module.
//@ flags: -ftls-model=local-dynamic -pthread
//@ links: all
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
