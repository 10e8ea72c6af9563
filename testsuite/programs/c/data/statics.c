// Static locals, their addresses in other statics, const and volatile objects, zero-size and huge ones.
//@ links: pie static-pie
#include <stdio.h>

static int next(void) { static int n = 10; return n++; }
static int *cell(int i) { static int cells[4] = {1, 2, 3, 4}; return &cells[i & 3]; }
static int **indirect(void) { static int value = 5; static int *p = &value; return &p; }
static int recursive(int depth) { static int deepest; if (depth > deepest) deepest = depth; return depth < 5 ? recursive(depth + 1) : deepest; }
static volatile int sink;
const volatile int fixed_input = 42;
static char big_zero[1 << 20];
static struct {} nothing[4];
int tentative;
int tentative = 6;
extern int declared_later;
static int use_later(void) { return declared_later; }
int declared_later = 8;

int main(void) {
    printf("%d %d %d\n", next(), next(), next());
    *cell(2) += 10;
    printf("%d %d %d\n", *cell(2), *cell(6), cell(0) + 1 == cell(1));
    **indirect() += 1;
    printf("%d %d\n", **indirect(), recursive(0));
    for (int i = 0; i < 5; i++) sink = sink + fixed_input;
    big_zero[sizeof big_zero - 1] = 'z';
    printf("%d %c %d %d %d %d\n", sink, big_zero[(1 << 20) - 1], big_zero[12345], tentative, use_later(), (int)sizeof nothing);
    return 0;
}
