#include <atomic>
#include <thread>
static int counter;
static std::atomic<int> ready;
static inline void bump(int *place) { *place += 1; }
static void twice(int *place) {
  bump(place);
  bump(place);
}
static void work() {
  // Both at once, and nothing that orders them; few steps, or the first is forgotten when the second looks.
  ready.fetch_add(1, std::memory_order_relaxed);
  while (ready.load(std::memory_order_relaxed) != 2)
    ;
  for (int i = 0; i < 1000; ++i)
    twice(&counter);
}
int main() {
  std::thread one(work), two(work);
  one.join();
  two.join();
}
