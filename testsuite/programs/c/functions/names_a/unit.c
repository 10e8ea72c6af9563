//@ part
static int value(void) { return 1; }
int from_a(void) { return value() * 10; }
