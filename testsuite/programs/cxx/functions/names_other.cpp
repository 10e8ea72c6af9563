//@ part
#include "names.h"
namespace {
int value() { return 2; }
struct Same {
  virtual int get() { return value() + 20; }
  virtual ~Same() = default;
};
template <class T> int templated(T) { return 200; }
}
static int local() {
  static int n = 50;
  return ++n;
}
int other(int k) {
  Same same;
  Same *p = &same;
  return (k ? p->get() : value()) + templated(p) + local() + version({}) + tagged(3).n + red();
}
