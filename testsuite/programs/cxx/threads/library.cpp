//@ flags: -pthread -std=c++20
//@ opt: O0 O2
//@ links: pie no-pie lld shared
// std::thread, mutexes, condition variables, atomics, latches, semaphores, thread_local with constructors.
//@ static: any
//@ debugger
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <latch>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>
static std::atomic<int> alive, total;
struct PerThread {
  std::string name;
  int calls = 0;
  PerThread() : name("thread") { ++alive; }
  ~PerThread() {
    total += calls;
    --alive;
  }
};
thread_local PerThread mine;
thread_local int plain_counter = 5;
inline thread_local std::vector<int> list{1, 2, 3};
static int touch(int n) {
  static thread_local PerThread local;
  local.calls += n;
  mine.calls += n;
  list.push_back(n);
  return ++plain_counter + int(list.size());
}
template <class T> class Queue {
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<T> items;

public:
  void push(T item) {
    {
      std::lock_guard lock(mutex);
      items.push_back(std::move(item));
    }
    ready.notify_one();
  }
  T pop() {
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return !items.empty(); });
    T item = std::move(items.front());
    items.pop_front();
    return item;
  }
};
int main() {
  Queue<int> in, out;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i)
    workers.emplace_back([&] {
      while (int n = in.pop())
        out.push(n * n);
    });
  for (int i = 1; i <= 50; ++i)
    in.push(i);
  int sum = 0;
  for (int i = 0; i < 50; ++i)
    sum += out.pop();
  for (int i = 0; i < 3; ++i)
    in.push(0);
  for (auto &w : workers)
    w.join();
  std::printf("%d\n", sum);

  std::latch latch(4);
  std::counting_semaphore<> semaphore(2);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::jthread> more;
  for (int i = 0; i < 4; ++i)
    more.emplace_back([&](std::stop_token) {
      latch.arrive_and_wait();
      // acquire() can sleep for ever (libstdc++ of GCC 12: PR 104928).
      while (!semaphore.try_acquire())
        std::this_thread::yield();
      int now = ++inside;
      for (int old = most; old < now && !most.compare_exchange_weak(old, now);) {
      }
      for (int k = 0; k < 10; ++k)
        touch(k);
      --inside;
      semaphore.release();
    });
  more.clear();
  std::printf("%d alive %d total %d\n", most <= 2, alive.load(), total.load());
  std::printf("%d %d %d\n", touch(1), touch(2), alive.load());
  std::shared_mutex shared;
  std::shared_lock lock(shared);
  std::printf("%d\n", shared.try_lock_shared());
}
