// Accessors under control flow protection.
//@ flags: -fcf-protection=full -pthread
//@ links: all
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
