//@ part
int only_inline(int x) { return x + 100; }
int gnu(int x) { return x + 600; }
int with_external(int x);
int declared_extern(int x);
int other(int x) { return with_external(x) * 10 + declared_extern(x); }
