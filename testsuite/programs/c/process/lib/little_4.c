//@ part
static int twice(int n) { return n * 2; }
int little_4(int n) { return twice(n) + 4; }
