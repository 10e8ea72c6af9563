// Units without functions, without anything, and with declarations only.
//@ extra: empty_parts/nothing.c empty_parts/data.c empty_parts/declarations.c
#include <stdio.h>
extern const char text[];
extern int (*const pointers[])(const char *);
int main(void) {
    printf("%s %d\n", text, pointers[0] == puts);
    return 0;
}
