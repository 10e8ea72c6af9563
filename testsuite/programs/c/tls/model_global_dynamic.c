// The general model: a call of the C library for each variable.
//@ flags: -ftls-model=global-dynamic -pthread
//@ links: all
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
