// A hidden symbol cannot come from a shared library.
//@ links: pie lld
//@ plain-shared: lib/exports.c
//@ link-flags: ./libexports.so
//@ link-fail: exported_function
__attribute__((visibility("hidden"))) int exported_function(int x);
int user(int x) { return exported_function(x); }
int main(void) { return user(1); }
