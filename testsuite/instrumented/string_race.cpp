// A race on what functions of the library's classes do, inlined here; streams may be used by all threads.
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <unistd.h>

static std::string *shared = new std::string("abc");

int main(int argc, char **) {
  auto write = [](int n) { std::cout << "number " << n << '\n'; };
  std::thread first(write, 1), second(write, 2);
  first.join(), second.join();
  if (argc < 2)
    return 0;
  std::thread clears([] { shared->clear(); });
  usleep(100000);
  std::thread asks([] { printf("%zu\n", shared->size()); });
  clears.join(), asks.join();
}
