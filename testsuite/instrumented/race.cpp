#include <thread>
static int counter;
static void count() {
  for (int i = 0; i < 1000; ++i)
    counter = counter + 1;
}
int main() {
  std::thread other(count);
  count();
  other.join();
  return 0;
}
