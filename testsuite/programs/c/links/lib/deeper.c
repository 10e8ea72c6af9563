//@ part
static int local(int x) { return x + 100; }
int deeper(int x) { return local(x) + 1; }
