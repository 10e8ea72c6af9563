//@ flags: -fno-exceptions -fno-rtti
//@ opt: O0 O2
//@ plain: no_exceptions_plain.cpp
// Without exceptions and RTTI, and with a plain object that has them.
#include <cstdio>
#include <map>
#include <string>
#include <vector>
int catches(void (*)(int));
struct Base {
  virtual ~Base() = default;
  virtual int f() = 0;
};
struct A : Base {
  int f() override { return 1; }
};
int main() {
  Base *b = new A;
  std::printf("%d\n", b->f());
  delete b;
  std::map<std::string, std::vector<int>> map;
  map["a"].push_back(3);
  std::printf("%zu %d\n", map.size(), map["a"][0]);
  std::printf("%d\n", catches([](int n) { std::printf("called %d\n", n); }));
}
