// A program that walks its own stack by the libunwind of nongnu.org, which knows no table but those with an index.
//@ needs-file: /usr/include/x86_64-linux-gnu/libunwind.h
//@ link-flags: -lunwind
//@ links: pie no-pie lld
//@ flags: -fomit-frame-pointer
//@ debugger
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdio.h>

static unw_word_t frames[5];

__attribute__((noinline)) static void walk(void) {
    unw_cursor_t cursor;
    unw_context_t context;
    int count = 0, step;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    do {
        unw_word_t sp;
        unw_get_reg(&cursor, UNW_X86_64_RSP, &sp);
        if (count < 5) frames[count] = sp;
        count++;
    } while ((step = unw_step(&cursor)) > 0 && count < 50);
    /* walk, middle, outer, main and what the C library has in front of it. */
    printf("%d %d %d %d\n", step, count > 5, frames[0] < frames[1] && frames[1] < frames[2], frames[3] - frames[2] > 1000);
}
__attribute__((noinline)) static int middle(int x) {
    volatile char room[400 + x];
    room[3] = 1;
    walk();
    return room[3];
}
__attribute__((noinline)) static int outer(int x) {
    volatile char room[2000];
    room[x] = 2;
    return middle(x) + room[x];
}

int main(int argc, char **argv) {
    printf("%d\n", outer(argc));
    return argv[argc] != NULL;
}
