// A place that is known when the program starts.
//@ flags: -ftls-model=initial-exec -pthread
//@ links: all
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
