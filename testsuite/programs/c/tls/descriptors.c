// TLS descriptors.
//@ flags: -mtls-dialect=gnu2 -pthread
//@ links: pie no-pie static static-pie shared
//@ extra: lib/models.c lib/models_other.c
//@ lazy: main bump run model other
#include "lib/models.h"
int main(void) { return model(); }
