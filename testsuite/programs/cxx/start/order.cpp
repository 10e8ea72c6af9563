//@ extra: order_other.cpp
//@ plain: order_plain.cpp
//@ static: _ZL6calledv(constructor) _ZL9constructv(constructor) _ZL8destructv(constructor)
//@ static: _ZZL6calledvENK3$_0cvPFvvEEv(constructor)
//@ links: all
//@ opt: O0 O2
// Initialization in a unit, across units in the order of the link, with priorities; ends in reverse, with atexit.
#include "order.h"
#include <cstdlib>
Order::Order(const char *name) : name(name) { std::printf("+%s\n", name); }
Order::~Order() { std::printf("-%s\n", name); }
static Order first("first");
Order late __attribute__((init_priority(5000)))("late");
Order early __attribute__((init_priority(200)))("early");
template <class T> struct Static {
  static Order order;
};
template <class T> Order Static<T>::order("template");
template struct Static<int>;
inline Order inline_order("inline");
static int constant = 3;
static int dynamic = constant * std::atoi("7");
static const char *called() {
  std::atexit([] { std::printf("registered by an initializer\n"); });
  return "called";
}
static Order second(called());
__attribute__((constructor)) static void construct() { std::printf("constructor attribute %d\n", dynamic); }
__attribute__((destructor)) static void destruct() { std::printf("destructor attribute\n"); }
int main() {
  static Order local("local");
  std::atexit([] { std::printf("atexit 1\n"); });
  std::printf("main %d\n", dynamic);
  std::atexit([] {
    std::printf("atexit 2\n");
    static Order last("in atexit");
  });
  std::at_quick_exit([] { std::printf("not this\n"); });
  Order automatic("automatic");
  return 0;
}
