//@ part
static int twice(int n) { return n * 2; }
int little_3(int n) { return twice(n) + 3; }
