// Functions at the far end of a large program: data of 1.5 GiB in .bss between code and data.
//@ links: no-pie pie
#include <stdio.h>

static char huge[1536u << 20];
int after = 5;
static int touch(unsigned long i) { huge[i] = 7; return huge[i] + after; }

int main(void) {
    printf("%d %d\n", touch(0), touch(sizeof huge - 1));
    return 0;
}
