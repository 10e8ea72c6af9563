//@ static: any
//@ flags: -pthread
//@ opt: O0 O2
// Guarded initialization: recursion into others, exceptions that leave it undone, threads that wait for each other.
#include <atomic>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
static std::atomic<int> made;
struct Slow {
  int n;
  Slow() {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    n = ++made;
  }
};
static Slow &slow() {
  static Slow one;
  return one;
}
static int attempts;
static int sometimes() {
  static int value = [] {
    if (++attempts < 3)
      throw std::runtime_error("attempt " + std::to_string(attempts));
    return attempts * 10;
  }();
  return value;
}
static int fibonacci(int n) {
  static const std::vector<int> table = [] {
    std::vector<int> t{0, 1};
    while (t.size() < 30)
      t.push_back(t[t.size() - 1] + t[t.size() - 2]);
    return t;
  }();
  return table[n];
}
int main() {
  std::vector<std::thread> threads;
  std::atomic<int> sum{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { sum += slow().n; });
  for (auto &t : threads)
    t.join();
  std::printf("%d %d\n", made.load(), sum.load());
  for (int i = 0; i < 4; ++i) {
    try {
      std::printf("%d\n", sometimes());
    } catch (const std::exception &e) {
      std::printf("%s\n", e.what());
    }
  }
  std::printf("%d\n", fibonacci(25));
  std::once_flag once;
  int calls = 0;
  for (int i = 0; i < 3; ++i) {
    try {
      std::call_once(once, [&] {
        if (++calls == 1)
          throw 1;
        std::printf("once, at call %d\n", calls);
      });
    } catch (int) {
      std::printf("not this time\n");
    }
  }
}
