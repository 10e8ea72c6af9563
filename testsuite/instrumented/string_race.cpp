// A race on what functions of the library's classes do, inlined here; streams may be used by all threads.
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

static std::string *shared = new std::string("abc");

int main(int argc, char **) {
  // Whole lines: what several threads write may be mixed.
  auto write = [](const char *line) { std::cout << line; };
  std::thread first(write, "number 1\n"), second(write, "number 2\n");
  first.join(), second.join();
  if (argc < 2)
    return 0;
  std::thread clears([] { shared->clear(); });
  usleep(100000);
  std::thread asks([] { printf("%zu\n", shared->size()); });
  clears.join(), asks.join();
}
