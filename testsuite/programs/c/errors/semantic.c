// Errors of many kinds, notes included, and the limit on their number.
//@ compile-fail
//@ flags: -ferror-limit=5
struct s { int a; };
int f(int x);
int f(double x);
int g(struct s v) { return v.b; }
int h(void) { return undeclared + f("text"); }
void *i(void) { int x = (struct s){1}; return x; }
int j(void) { break; }
int k(void) { goto nowhere; }
int l(void) { return sizeof(struct unknown); }
