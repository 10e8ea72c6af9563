// -fvisibility=hidden with chosen exports.
//@ flags: -fvisibility=hidden
//@ links: shared pie
//@ link-flags: -rdynamic
#include <stdio.h>

int secret(int x) { return x * 2; }
__attribute__((visibility("default"))) int api(int x) { return secret(x) + 1; }
__attribute__((visibility("default"))) int main(void) {
    int (*volatile p)(int) = secret;
    printf("%d %d\n", api(4), p(5));
    return 0;
}
