// Undefined behaviour of many kinds. Reports name the place in the source; none prints an address.
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>

static int add(int a, int b) { return a + b; }
int shift(int a, int b) { return a << b; }
static unsigned wrap(unsigned a) { return a - 1; }
int divide(int a, int b) { return a / b; }
double ratio(double a, double b) { return a / b; }
int index(int i) {
  static int table[4] = {1, 2, 3, 4};
  return table[i];
}
template <class T> T negate(T x) { return -x; }
enum Colour { Red, Green };
Colour colour(int x) {
  Colour c;
  __builtin_memcpy(&c, &x, sizeof c);
  return c;
}
bool truth(unsigned char x) {
  bool b;
  __builtin_memcpy(&b, &x, 1);
  return b;
}
signed char narrow(int x) { return x; }
int array(int n) {
  int a[n];
  a[0] = 1;
  return a[0];
}
int toInt(double d) { return (int)d; }
inline int bits(unsigned x) { return __builtin_clz(x); }
int none(int x) {
  if (x > 0)
    return x;
  __builtin_unreachable();
}

int main(int argc, char **) {
  int n = argc;
  auto say = [](const char *what) { std::fprintf(stderr, "-- %s\n", what); };
  say("addition");
  add(INT_MAX, n);
  say("shift");
  shift(1, 40 * n);
  say("wrap");
  wrap(n - 1);
  say("ratio");
  ratio(1.0, n - 1);
  say("index");
  volatile int sink = index(n + 5);
  say("negation");
  sink = negate(INT_MIN + n - 1);
  say("long negation");
  (void)negate<long>(LONG_MIN + n - 1);
  say("enumeration");
  sink = colour(n + 40);
  say("bool");
  sink = truth(n + 6);
  say("narrow");
  sink = narrow(n + 300);
  say("array");
  sink = array(n - 2 + 2);
  say("float");
  sink = toInt(1e30 * n);
  say("null");
  std::unique_ptr<int> nothing;
  (void)*nothing;
  say("bits");
  sink = bits(n - 1);
  say("end");
  return 0 * sink;
}
