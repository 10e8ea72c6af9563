// Two files of the same name in different folders, with the same names inside.
//@ extra: names_a/unit.c names_b/unit.c
#include <stdio.h>
int from_a(void), from_b(void);
int main(void) {
    printf("%d %d\n", from_a(), from_b());
    return 0;
}
