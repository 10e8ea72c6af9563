#include <cstdio>
#include <dlfcn.h>
#include <thread>

struct Base {
  virtual ~Base();
  virtual int value() const;
};
struct Derived : Base {
  int value() const override { return 2; }
};
const char *name(const Base &base);
extern "C" int first(void), second(void), object(void);

int main() {
  std::vector<std::string> names{name(Base()), name(Derived())};
  int sum = 0;
  std::thread([&] { sum = first() + second() + object(); }).join();
  void *plugin = dlopen(PLUGIN, RTLD_NOW);
  auto plugged = reinterpret_cast<int (*)(int)>(dlsym(plugin, "plugged"));
  std::printf("%s %s %d %d %d\n", names[0].c_str(), names[1].c_str(), sum, Derived().value(), plugged(14));
  return 0;
}
