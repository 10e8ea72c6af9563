//@ part
int ping(int n);
int pong(int n) { return n <= 0 ? 100 : 10 + ping(n - 1); }
