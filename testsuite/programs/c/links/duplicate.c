// Two definitions of one function fail the link.
//@ links: pie
//@ extra: lib/exports.c
//@ link-fail: exported_function
int exported_function(int x) { return x; }
int main(void) { return exported_function(0); }
