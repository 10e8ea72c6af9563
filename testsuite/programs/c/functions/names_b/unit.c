//@ part
static int value(void) { return 2; }
int from_b(void) { return value() * 10; }
