//@ part
static int triple(int n) { return n * 3; }
int of_library(int n) { return triple(n) + 1; }
