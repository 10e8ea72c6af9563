// Exceptions, threads, static locals and calls over objects.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern "C" int part(int number);
extern "C" int table[4];

struct Guard {
  std::string name;
  ~Guard() { std::printf("left %s\n", name.c_str()); }
};

static int thrower(int number) {
  Guard guard{"thrower"};
  if (number > 1)
    throw std::runtime_error("number " + std::to_string(number));
  return number;
}

static int catcher(int number) {
  try {
    return thrower(number);
  } catch (const std::logic_error &) {
    return -1;
  }
}

thread_local int own = 5;

static void work(int number) {
  try {
    own += number;
    std::printf("%d\n", catcher(number) + own);
  } catch (const std::exception &problem) {
    std::printf("caught %s, %d\n", problem.what(), own);
  }
}

int main(int count, char **) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back(work, i);
  for (std::thread &thread : threads)
    thread.join();
  work(7);
  std::printf("part %d %d\n", part(count), table[2]);
}
