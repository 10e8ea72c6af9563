// C11 atomics of all sizes that the processor does itself, fences, flags, and the older builtins.
#include <stdatomic.h>
#include <stdio.h>

static atomic_int counter;
static _Atomic long long wide = 1;
static _Atomic unsigned char small = 250;
static _Atomic double real = 1.5;
static _Atomic(int *) pointer;
static atomic_flag flag = ATOMIC_FLAG_INIT;
struct pair { int a, b; };
static _Atomic(struct pair) pair;
static int plain;

static int exchange(int v) { return atomic_exchange_explicit(&counter, v, memory_order_acq_rel); }
static int compare(int from, int to) { int e = from; return atomic_compare_exchange_strong(&counter, &e, to) * 1000 + e; }
static double multiply(double x) { return real *= x; }
static struct pair swap(void) { struct pair p = atomic_load(&pair); atomic_store(&pair, ((struct pair){p.b, p.a})); return atomic_load(&pair); }
static int older(int n) { __sync_fetch_and_add(&plain, n); __sync_synchronize(); return __atomic_or_fetch(&plain, 64, __ATOMIC_SEQ_CST); }

int main(void) {
    counter += 5;
    counter++;
    printf("%d %d %d %d\n", exchange(9), compare(8, 7), compare(9, 3), atomic_load(&counter));
    printf("%lld %d\n", atomic_fetch_sub(&wide, 3), (int)wide);
    small += 10;
    printf("%d %g\n", small, multiply(4));
    int target = 3;
    atomic_store(&pointer, &target);
    printf("%d %d %d\n", *atomic_load(&pointer), atomic_flag_test_and_set(&flag), atomic_flag_test_and_set(&flag));
    atomic_init(&pair, ((struct pair){1, 2}));
    struct pair p = swap();
    printf("%d %d %d\n", p.a, p.b, older(3));
    atomic_thread_fence(memory_order_seq_cst);
    atomic_signal_fence(memory_order_acquire);
    printf("%d\n", atomic_is_lock_free(&wide));
    return 0;
}
