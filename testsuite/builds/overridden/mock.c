int replaced(int n) {
  return n + 1000;
}
