//@ flags: -std=c++20
//@ opt: O0 O0+g O2
//@ links: all
//@ debugger
// Generators, tasks that wait for each other, exceptions through them, destruction while suspended, symmetric transfer.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
template <class T> struct Generator {
  struct promise_type {
    T value;
    std::exception_ptr error;
    Generator get_return_object() { return Generator(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T v) {
      value = std::move(v);
      return {};
    }
    void unhandled_exception() { error = std::current_exception(); }
    void return_void() {}
  };
  std::coroutine_handle<promise_type> handle;
  explicit Generator(std::coroutine_handle<promise_type> h) : handle(h) {}
  Generator(Generator &&o) : handle(std::exchange(o.handle, nullptr)) {}
  ~Generator() {
    if (handle)
      handle.destroy();
  }
  bool next() {
    handle.resume();
    if (handle.promise().error)
      std::rethrow_exception(handle.promise().error);
    return !handle.done();
  }
  T value() { return handle.promise().value; }
};
struct Noisy {
  const char *name;
  ~Noisy() { std::printf("~%s\n", name); }
};
static Generator<int> numbers(int from, int to) {
  Noisy noisy{"numbers"};
  for (int i = from; i < to; ++i)
    co_yield i;
}
static Generator<std::string> failing() {
  Noisy noisy{"failing"};
  co_yield "good";
  throw std::runtime_error("bad");
}
struct Task {
  struct promise_type {
    int value = 0;
    std::coroutine_handle<> waiting = std::noop_coroutine();
    std::exception_ptr error;
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        return h.promise().waiting;
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void return_value(int v) { value = v; }
    void unhandled_exception() { error = std::current_exception(); }
  };
  std::coroutine_handle<promise_type> handle;
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
    handle.promise().waiting = h;
    return handle;
  }
  int await_resume() {
    int value = handle.promise().value;
    auto error = handle.promise().error;
    handle.destroy();
    if (error)
      std::rethrow_exception(error);
    return value;
  }
};
static Task leaf(int n) {
  if (n == 13)
    throw n;
  co_return n * 2;
}
static Task tree(int n) {
  if (n <= 1)
    co_return co_await leaf(n);
  int left = co_await tree(n - 1);
  int right = co_await tree(n - 2);
  co_return left + right;
}
static Task catching() {
  try {
    co_return co_await leaf(13);
  } catch (int n) {
    std::printf("caught %d\n", n);
  }
  co_return -1;
}
static int run(Task task) {
  task.handle.resume();
  return task.await_resume();
}
int main() {
  auto generator = numbers(3, 6);
  while (generator.next())
    std::printf("%d\n", generator.value());
  {
    auto unfinished = numbers(0, 100);
    unfinished.next();
  }
  auto failure = failing();
  try {
    while (failure.next())
      std::printf("%s\n", failure.value().c_str());
  } catch (const std::exception &e) {
    std::printf("%s\n", e.what());
  }
  std::printf("%d %d\n", run(tree(10)), run(catching()));
}
