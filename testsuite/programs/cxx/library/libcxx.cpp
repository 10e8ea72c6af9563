//@ flags: -stdlib=libc++ -std=c++20
//@ link-flags: -stdlib=libc++
//@ needs-file: /usr/lib/llvm-22/lib/libc++.so
//@ opt: O0 O2
// libc++ and its own runtime library: exceptions, RTTI, streams, format, threads.
#include <chrono>
#include <format>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>
struct Base {
  virtual ~Base() = default;
};
struct Derived : virtual Base {
  int n = 5;
};
struct Trace {
  ~Trace() { std::cout << "trace\n"; }
};
static int deep(int n) {
  Trace trace;
  if (n == 0)
    throw std::runtime_error("deep");
  return deep(n - 1) + 1;
}
int main() {
  try {
    deep(3);
  } catch (const std::exception &e) {
    std::cout << e.what() << '\n';
  }
  std::unique_ptr<Base> base = std::make_unique<Derived>();
  std::cout << dynamic_cast<Derived &>(*base).n << '\n';
  try {
    (void)std::vector<int>(3).at(7);
  } catch (const std::out_of_range &) {
    std::cout << "out of range\n";
  }
  std::cout << std::format("{:>8}|{:<6.2f}|{:#x}|{}\n", "right", 3.14159, 255, true);
  std::cout << std::format("{:%Y-%m-%d}\n", std::chrono::sys_days(std::chrono::year(2024) / 2 / 29));
  std::exception_ptr error;
  std::thread([&] {
    try {
      deep(1);
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  try {
    std::rethrow_exception(error);
  } catch (const std::runtime_error &e) {
    std::cout << "again " << e.what() << '\n';
  }
  std::map<std::string, std::variant<int, std::string>> map{{"a", 1}, {"b", "two"}};
  for (auto &[key, value] : map)
    std::cout << key << value.index() << '\n';
  std::cout << std::regex_replace("a1b22", std::regex("[0-9]+"), "#") << '\n';
}
