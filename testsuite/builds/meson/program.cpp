#include <cstdio>
#include <thread>
extern "C" int shared(void);
int fixed(const char *text);
int main() {
  int sum = 0;
  std::thread([&] { sum = shared() + fixed("four"); }).join();
  std::printf("%d %s\n", sum, std::string("text").c_str());
  return sum != 6;
}
