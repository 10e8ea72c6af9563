#include "counted.h"
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static int never(int n) { return n * 2; }
int classify(int a, int b, int c) {
  if ((a > 1 && b < 5) || c)
    return 1;
  return 0;
}
int risky(int n) {
  if (n > 5)
    throw std::runtime_error("large");
  return n;
}
struct Guard {
  int *count;
  ~Guard() { ++*count; }
};
int main(int argc, char **argv) {
  int n = argc > 1 ? atoi(argv[1]) : 1;
  int guarded = 0;
  try {
    Guard guard{&guarded};
    risky(n);
  } catch (const std::exception &e) {
    std::printf("%s\n", e.what());
  }
  if (n < 0)
    never(n);
  std::vector<int> all;
  for (int i = 0; i < n; ++i)
    all.push_back(collatz(i + 1));
  auto twice = [](int x) { return 2 * x; };
  std::printf("%d %d %d %d %d %d\n", fibonacci(n), sum(all), more(n), twice(n), classify(n, n, n - 3), guarded);
  switch (n) {
  case 3:
    std::puts("three");
    break;
  case 4:
    std::puts("four");
    break;
  default:
    std::puts("many");
  }
  return 0;
}
