int answer(int x);
static int twice(int x) { return x * 2; }
int answer(int x) { return twice(x); }
