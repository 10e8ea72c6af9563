//@ part
static int state = 40;
static int next(void) { return ++state; }
int rand(void) { return next(); }
void srand(unsigned seed) { state = (int)seed * 100; }
