// The same as in_malloc.c with the unwinder's library in the process: announcing unwind tables must not need the heap
// either.
//@ link-flags: -Wl,--no-as-needed -lgcc_s
//@ time-limit: 90
#include "in_malloc.c"
