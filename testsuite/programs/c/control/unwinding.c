// The unwinder finds its way through lazy frames: backtrace() sees as many frames as there are.
//@ links: pie static no-pie
#define _GNU_SOURCE
#include <execinfo.h>
#include <stdio.h>
#include <unwind.h>

static int depth_by_backtrace(void) {
    void *frames[100];
    return backtrace(frames, 100);
}
static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *count) {
    if (_Unwind_GetIP(context)) ++*(int *)count;
    return _URC_NO_REASON;
}
static int depth_by_unwind(void) {
    int count = 0;
    _Unwind_Backtrace(step, &count);
    return count;
}
static int nest(int levels, int (*leaf)(void)) { return levels == 0 ? leaf() : nest(levels - 1, leaf) + 0; }

int main(void) {
    for (int i = 0; i < 3; i++)
        printf("%d %d\n", nest(i * 10, depth_by_backtrace) - nest(0, depth_by_backtrace), nest(i * 10, depth_by_unwind) - nest(0, depth_by_unwind));
    int shallow = depth_by_backtrace();
    printf("%d\n", nest(0, depth_by_backtrace) - shallow);
    return 0;
}
