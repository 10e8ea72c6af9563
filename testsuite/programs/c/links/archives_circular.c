// Two archives that need each other's members, in a group.
//@ archive: lib/ping.c
//@ archive: lib/pong.c
//@ link-flags: -Wl,--start-group libarchive0.a libarchive1.a -Wl,--end-group
#include <stdio.h>
int ping(int n);
int main(void) {
    printf("%d\n", ping(9));
    return 0;
}
