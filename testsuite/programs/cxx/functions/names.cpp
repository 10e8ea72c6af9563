//@ extra: names_other.cpp
//@ flags: -std=c++20
//@ opt: O0 O2
// The same names in anonymous namespaces of two units; inline namespaces, ABI tags, operators, literals, Unicode.
#include "names.h"
#include <compare>
#include <cstdio>
namespace {
int value() { return 1; }
struct Same {
  virtual int get() { return value() + 10; }
  virtual ~Same() = default;
};
template <class T> int templated(T) { return 100; }
}
static int local() {
  static int n = 5;
  return ++n;
}
constexpr unsigned long long operator""_km(unsigned long long n) { return n * 1000; }
struct Number {
  int n;
  Number operator+(Number o) const { return {n + o.n}; }
  int operator()(int a, int b) const { return n + a + b; }
  int operator[](int i) const { return n * i; }
  Number &operator++() { return ++n, *this; }
  Number operator++(int) { return {n++}; }
  explicit operator bool() const { return n; }
  operator int() const { return n; }
  auto operator<=>(const Number &) const = default;
};
int größe(int ñ) { return ñ * 2; }
extern "C" int c_name(int x) { return x; }
extern "C" {
static int hidden_c(int x) { return x + 1; }
}
int asm_name(int) __asm__("renamed$function");
int asm_name(int x) { return x * 7; }
int main() {
  Same same;
  Same *p = &same;
  std::printf("%d %d %d %d\n", value(), p->get(), templated(p), local() + local());
  std::printf("%d\n", other(0) + other(1));
  std::printf("%d %d %d %d\n", version({}), v1::version({}), tagged(3).n, red());
  Number n{4};
  std::printf("%d %d %d %d %d %d\n", (n + n).n, n(1, 2), n[3], (++n).n, n++.n, n < Number{9});
  std::printf("%llu %d %d %d %d\n", 3_km, größe(4), c_name(1), hidden_c(2), asm_name(3));
}
