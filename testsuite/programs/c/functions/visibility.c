// Hidden, protected and internal symbols: bound inside, and exported or not exactly as clang does.
//@ links: pie shared lld
//@ link-flags: -rdynamic
//@ extra: visibility_other.c
#include <stdio.h>

__attribute__((visibility("hidden"))) int hidden(int x) { return x + 1; }
__attribute__((visibility("protected"))) int protected_function(int x) { return x + 2; }
__attribute__((visibility("internal"))) int internal(int x) { return x + 3; }
__attribute__((visibility("default"))) int plain(int x) { return x + 4; }
__attribute__((visibility("hidden"))) int hidden_data = 10;
__attribute__((visibility("protected"))) int protected_data = 20;
int through_other(int x);

int main(void) {
    printf("%d %d %d %d\n", hidden(0), protected_function(0), internal(0), plain(0));
    printf("%d\n", through_other(100));
    printf("%d %d\n", hidden_data, protected_data);
    return 0;
}
