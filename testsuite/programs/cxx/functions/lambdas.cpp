//@ flags: -std=c++20
//@ opt: O0 O2
//@ links: all
// Lambdas: captures, conversion to function pointers, generic, recursive, variadic, in templates and default arguments.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>
typedef int (*Pointer)(int);
template <class F> int twice(F f, int x) { return f(f(x)); }
static int with_default(int x, Pointer p = [](int y) { return y + 50; }) { return p(x); }
static std::vector<std::function<int(int)>> make(int base) {
  std::vector<std::function<int(int)>> list;
  for (int i = 0; i < 3; ++i)
    list.push_back([=](int x) mutable { return base += i + x; });
  return list;
}
int main() {
  Pointer plus = [](int x) { return x + 1; };
  Pointer same = plus;
  std::printf("%d %d %d\n", plus(1), same == plus, twice(plus, 5));
  auto generic = [](auto a, auto... rest) { return (a + ... + rest); };
  double (*typed)(double, int) = generic;
  std::printf("%d %s %.1f\n", generic(1, 2, 3), generic(std::string("a"), "b").c_str(), typed(1.5, 2));
  for (auto &f : make(10))
    std::printf("%d %d ", f(1), f(1));
  auto factorial = [](auto self, int n) -> long { return n < 2 ? 1 : n * self(self, n - 1); };
  std::printf("\n%ld %d\n", factorial(factorial, 10), with_default(2));
  auto owner = [p = std::make_unique<int>(7)](int x) { return *p + x; };
  std::printf("%d\n", owner(1));
  int numbers[] = {5, 3, 9, 1};
  std::qsort(numbers, 4, sizeof(int), [](const void *a, const void *b) {
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
  });
  std::ranges::for_each(numbers, [](int n) { std::printf("%d ", n); });
  std::function<void(int)> recursive = [&](int n) {
    std::printf("%d,", n);
    if (n)
      recursive(n - 1);
  };
  recursive(3);
  std::puts("");
}
