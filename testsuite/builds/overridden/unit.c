int replaced(int n) {
  return n + NUMBER;
}

int caller(void) {
  return replaced(1);
}

int (*address(void))(int) {
  return replaced;
}
