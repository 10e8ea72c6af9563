#include <cstdio>
#include <mutex>
#include <thread>
static int counter;
static std::mutex mutex;
static void count() {
  for (int i = 0; i < 1000; ++i)
    counter = counter + 1;
}
static void count_locked() {
  for (int i = 0; i < 1000; ++i) {
    std::lock_guard<std::mutex> lock(mutex);
    counter = counter + 1;
  }
}
int main(int argc, char **) {
  auto work = argc > 1 ? count_locked : count;
  std::thread other(work);
  work();
  other.join();
  if (argc > 1)
    std::printf("%d\n", counter);
  return 0;
}
