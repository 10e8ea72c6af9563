//@ part
int exported_function(int x) { return x + 1; }
