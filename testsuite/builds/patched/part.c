static int twice(int n) {
  return n * 2;
}

int part(int n) {
  return twice(n) + 2;
}
