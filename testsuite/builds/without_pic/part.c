int other(int);
int triple(int x) { return x * 3; }
int plus(int x) { return triple(x) + 1; }
static int twice(int x) { return plus(x) * 2; }
int all(int x) { return twice(x) + other(x); }
int other(int x) { return x ? triple(x - 1) : 2; }
