// A place that the linker knows.
//@ flags: -ftls-model=local-exec -pthread
//@ links: pie no-pie static static-pie lld
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
