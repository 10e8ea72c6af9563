// Atomic operations on members of packed structures: libatomic does them.
//@ opt: O0 O2
//@ links: pie lld
//@ flags: -Wno-atomic-alignment
//@ link-flags: -latomic
//@ static: load(libcall) store(libcall) add(libcall) exchange(libcall) compare(libcall)
#include <stdio.h>

struct __attribute__((packed)) {
    char c;
    int n;
    long l;
    short s;
} data = {1, 2, 3, 4};

__attribute__((noinline)) int load(void) { return __atomic_load_n(&data.n, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) void store(long l) { __atomic_store_n(&data.l, l, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) int add(int n) { return __atomic_fetch_add(&data.n, n, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) short exchange(short s) { return __atomic_exchange_n(&data.s, s, __ATOMIC_SEQ_CST); }
__attribute__((noinline)) int compare(long is, long to) {
    return __atomic_compare_exchange_n(&data.l, &is, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int main(void) {
    printf("%d %d\n", load(), add(5));
    store(77);
    printf("%d %d %d\n", exchange(9), compare(77, 78), compare(77, 79));
    printf("%d %d %ld %d\n", data.c, data.n, data.l, data.s);
    return 0;
}
