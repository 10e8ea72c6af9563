//@ flags: -std=c++20
//@ opt: O0 O0+g O2
//@ links: all
//@ debugger
// Variadic templates, constexpr tables, concepts, CRTP, SFINAE, fold expressions, structured bindings, partial
// specialization, template template parameters, variable templates.
#include <array>
#include <concepts>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
template <class... T> constexpr std::size_t total = (sizeof(T) + ... + 0);
template <class T, class... Rest> void print(const T &first, const Rest &...rest) {
  if constexpr (std::is_integral_v<T>)
    std::printf("%lld ", static_cast<long long>(first));
  else if constexpr (std::is_floating_point_v<T>)
    std::printf("%g ", double(first));
  else
    std::printf("'%s' ", std::string(first).c_str());
  if constexpr (sizeof...(rest))
    print(rest...);
  else
    std::puts("");
}
constexpr auto primes = [] {
  std::array<int, 20> table{};
  int n = 2;
  for (auto &p : table) {
    for (bool found = false; !found; ++n) {
      found = true;
      for (int d = 2; d * d <= n; ++d)
        found &= n % d != 0;
      if (found)
        p = n;
    }
  }
  return table;
}();
template <class D> struct Crtp {
  int twice() { return static_cast<D *>(this)->value() * 2; }
};
struct Concrete : Crtp<Concrete> {
  int value() { return 21; }
};
template <class T> struct Kind {
  static const char *name() { return "general"; }
};
template <class T> struct Kind<T *> {
  static const char *name() { return "pointer"; }
};
template <class T, std::size_t N> struct Kind<T[N]> {
  static const char *name() { return "array"; }
};
template <template <class...> class C, class... A> struct Kind<C<A...>> {
  static const char *name() { return "template"; }
};
template <std::integral T> const char *concept_name(T) { return "integral"; }
template <class T> requires std::floating_point<T> const char *concept_name(T) { return "floating"; }
template <class T> auto sfinae(T t, int) -> decltype(t.size(), 1) { return int(t.size()); }
template <class T> int sfinae(T, long) { return -1; }
template <std::size_t... I> int sum(std::index_sequence<I...>) { return (int(primes[I]) + ...); }
template <int N> struct Chain {
  static long next(long x) { return Chain<N - 1>::next(x * 3 + N) % 1000003; }
};
template <> struct Chain<0> {
  static long next(long x) { return x; }
};
struct Point {
  int x, y;
};
template <auto V> constexpr auto value_of = V;
int main() {
  print(1, 2.5, "three", std::string("four"), 'c', 6UL);
  std::printf("%zu %d %d\n", total<int, char, double>, primes[19], sum(std::make_index_sequence<20>()));
  std::printf("%d %s %s %s %s\n", Concrete().twice(), Kind<int>::name(), Kind<int *>::name(), Kind<int[3]>::name(),
              Kind<std::pair<int, int>>::name());
  std::printf("%s %s %d %d\n", concept_name(1), concept_name(1.0), sfinae(std::string("abc"), 0), sfinae(3, 0));
  std::printf("%ld\n", Chain<300>::next(1));
  auto [x, y] = Point{3, 4};
  int array[] = {5, 6};
  auto &[a, b] = array;
  a = 7;
  std::map<std::string, int> map{{"one", 1}, {"two", 2}};
  for (const auto &[key, value] : map)
    std::printf("%s=%d ", key.c_str(), value);
  auto [i, s] = std::tuple(9, std::string("tuple"));
  std::printf("%d %d %d %d %d %s %d\n", x, y, array[0], b, i, s.c_str(), value_of<5>);
  std::apply([](auto... v) { print(v...); }, std::tuple(1, "x", 2.5));
}
