// A program with a compiler of its own: it has GDB's JIT interface, and registers unwind tables.
//@ extra: lib/jit_interface.c
//@ opt: O0 O2
#include <stdio.h>

struct entry {
    struct entry *next, *previous;
    const char *start;
    unsigned long size;
};
struct descriptor {
    unsigned version, action;
    struct entry *relevant, *first;
};
extern struct descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);
int seen(void);

void __register_frame_info(const void *table, void *object);
void *__deregister_frame_info(const void *table);

static const unsigned char table[] __attribute__((aligned(8))) = {8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x78, 0, 0, 0, 0};
static void *object[8];

int main(void) {
    struct entry entry = {0, 0, "code", 4};
    __jit_debug_descriptor.relevant = __jit_debug_descriptor.first = &entry;
    __jit_debug_descriptor.action = 1;
    __jit_debug_register_code();
    __jit_debug_register_code();
    __register_frame_info(table, object);
    printf("%d %s\n", seen(), __deregister_frame_info(table) == object ? "registered" : "lost");
    __jit_debug_descriptor.first = 0;
    return 0;
}
