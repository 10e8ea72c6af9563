//@ part
static int twice(int n) { return n * 2; }
int little_1(int n) { return twice(n) + 1; }
