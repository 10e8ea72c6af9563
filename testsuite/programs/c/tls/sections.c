// Accessors in sections of their own, of which the unused ones are discarded.
//@ flags: -ffunction-sections -fdata-sections -pthread
//@ links: all
//@ link-flags: -Wl,--gc-sections
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
