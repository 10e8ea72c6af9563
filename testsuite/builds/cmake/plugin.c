int plugged(int x) { return x * 3; }
