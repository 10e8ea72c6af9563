//@ flags: -pthread
//@ opt: O0 O2
// Many functions, threads and exceptions at once: tables are announced while others unwind.
#include <array>
#include <atomic>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>
template <int N> struct Value {
  int n;
};
template <int N> __attribute__((noinline)) int leaf(int n) {
  if (n % 3 == 0)
    throw Value<N>{n};
  return n + N;
}
template <int N> int guarded(int n) {
  try {
    return leaf<N>(n);
  } catch (const Value<N> &v) {
    return v.n * 2;
  }
}
template <std::size_t... N> constexpr auto table(std::index_sequence<N...>) {
  return std::array<int (*)(int), sizeof...(N)>{guarded<N>...};
}
int main() {
  constexpr auto functions = table(std::make_index_sequence<200>());
  std::atomic<long> sum{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 400; ++i)
        sum += functions[(i * 7 + t * 50) % functions.size()](i);
    });
  for (auto &thread : threads)
    thread.join();
  std::printf("%ld\n", sum.load());
}
