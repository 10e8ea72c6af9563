#include <atomic>
#include <thread>
static int counter;
static std::atomic<int> ready;
static inline void bump(int *place) { *place += 1; }
static void twice(int *place) {
  bump(place);
  bump(place);
}
// Both are there, and nothing orders them.
static void meet(int number) {
  ready.fetch_add(1, std::memory_order_relaxed);
  while (ready.load(std::memory_order_relaxed) < number)
    std::this_thread::yield();
}
static void work() {
  meet(2);
  // Few steps, or the first is forgotten when the second looks; as is what a thread did that has ended.
  for (int i = 0; i < 1000; ++i)
    twice(&counter);
  meet(4);
}
// What is inlined here is once in a stack, and so is this.
__attribute__((noinline)) static void outermost() {
  work();
  asm volatile("");
}
int main() {
  std::thread one(outermost), two(outermost);
  one.join();
  two.join();
}
