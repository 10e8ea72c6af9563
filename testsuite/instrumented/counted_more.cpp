#include "counted.h"
namespace {
struct Base {
  virtual ~Base() {}
  virtual int get(int n) { return n; }
};
struct Derived : Base {
  int get(int n) override { return n > 4 ? collatz(n) : 0; }
};
} // namespace
int more(int n) {
  static Derived derived;
  Base &base = derived;
  std::vector<long> all(n, 3);
  return base.get(n) + (int)sum(all);
}
