// Atomics of 16 bytes: code generation may ask a library for them, so the functions that do are static.
//@ flags: -mcx16 -Wno-atomic-alignment
//@ needs: cx16
//@ link-flags: -l:libatomic.so.1
//@ static: add(libcall) compare(libcall) load(libcall)
//@ lazy: show main
#include <stdatomic.h>
#include <stdio.h>

static _Atomic __int128 value = 5;
static void show(__int128 v) { printf("%llx %llx\n", (unsigned long long)(v >> 64), (unsigned long long)v); }
static __int128 add(__int128 n) { return atomic_fetch_add(&value, n); }
static __int128 load(void) { return value; }
static int compare(__int128 from, __int128 to) { return atomic_compare_exchange_strong(&value, &from, to); }

int main(void) {
    show(add((__int128)7 << 64));
    show(load());
    printf("%d %d\n", compare(5, 6), compare(((__int128)7 << 64) + 5, 6));
    show(load());
    return 0;
}
