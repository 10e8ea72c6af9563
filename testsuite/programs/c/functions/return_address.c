// Return addresses and frames: a lazy function is called by its caller, nothing stands in between.
//@ links: pie static
//@ static: any
#include <stdint.h>
#include <stdio.h>

static uintptr_t returned_to[2];
static int count;

__attribute__((noinline)) static void *where(void) { return __builtin_return_address(0); }
__attribute__((noinline)) static void *where_two(void) { return __builtin_return_address(1); }
__attribute__((noinline)) static uintptr_t frame(void) { return (uintptr_t)__builtin_frame_address(0); }
__attribute__((noinline)) static void note(void) { returned_to[count++ % 2] = (uintptr_t)__builtin_extract_return_addr(__builtin_return_address(0)); }

__attribute__((noinline)) static int same_place_twice(void) {
    for (int i = 0; i < 2; i++) note();
    return returned_to[0] == returned_to[1];
}

__attribute__((noinline)) static int parent_is_me(void) {
    /* where_two's caller's return address is ours. */
    return where_two() == __builtin_return_address(0);
}

int main(void) {
    printf("%d %d\n", same_place_twice(), parent_is_me());
    printf("%d\n", where() != NULL);
    uintptr_t mine = (uintptr_t)__builtin_frame_address(0), first = frame(), second = frame();
    printf("%d %d %d\n", first == second, first < mine, mine - first < 1000);
    return 0;
}
