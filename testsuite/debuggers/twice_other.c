int f(int);

static int inner(int x) {
  int y = x * 2;
  return y + 1;
}

int f(int a) {
  int b = inner(a);
  b += 5;
  return b;
}
