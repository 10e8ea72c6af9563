// The library of caller.c.
int cfun(int x) {
  int y = x + 1;
  return y * 2;
}
