//@ static: any
//@ flags: -pthread
//@ opt: O0 O2
// exception_ptr, nested exceptions, exceptions across threads, uncaught_exceptions.
#include <cstdio>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

struct Guard {
  ~Guard() { std::printf("uncaught: %d\n", std::uncaught_exceptions()); }
};

static void print(const std::exception &e, int depth = 0) {
  std::printf("%*s%s\n", depth, "", e.what());
  try {
    std::rethrow_if_nested(e);
  } catch (const std::exception &inner) {
    print(inner, depth + 2);
  }
}

static void layered(int depth) {
  try {
    Guard guard;
    if (depth == 0)
      throw std::out_of_range("core");
    layered(depth - 1);
  } catch (...) {
    std::throw_with_nested(std::runtime_error("layer " + std::to_string(depth)));
  }
}

int main() {
  try {
    layered(3);
  } catch (const std::exception &e) {
    print(e);
  }

  std::exception_ptr kept;
  std::thread([&] {
    try {
      throw std::logic_error("from a thread");
    } catch (...) {
      kept = std::current_exception();
    }
  }).join();
  for (int i = 0; i < 2; ++i) {
    try {
      std::rethrow_exception(kept);
    } catch (const std::logic_error &e) {
      std::printf("%s\n", e.what());
    }
  }

  std::future<int> future = std::async(std::launch::async, [](int n) -> int {
    if (n == 0)
      throw std::string("asynchronous");
    return n;
  }, 0);
  try {
    future.get();
  } catch (const std::string &s) {
    std::printf("%s\n", s.c_str());
  }
  try {
    std::promise<int> promise;
    future = promise.get_future();
    { std::promise<int> gone = std::move(promise); }
    future.get();
  } catch (const std::future_error &e) {
    std::printf("%d\n", e.code() == std::future_errc::broken_promise);
  }
}
