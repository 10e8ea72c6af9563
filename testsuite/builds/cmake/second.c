static int other(void) { return 20; }
int second(void) { return other(); }
