// -Wframe-larger-than sees frames as they are after inlining: this one's array is gone.
//@ flags: -Werror -Wframe-larger-than=1000
//@ opt: O1 O2 Os
#include <stdio.h>

int third(char *p) { return p[3]; }
int sum(int n) {
    char large[5000];
    large[3] = 7;
    return third(large) + n;
}

int main(int argc, char **argv) {
    printf("%d\n", sum(argc));
    return argv[argc] != NULL;
}
