#include <cstdio>
struct Order {
  const char *name;
  Order(const char *name);
  ~Order();
};
