//@ part
int deeper(int x);
int needed(int x) { return deeper(x) * 2; }
