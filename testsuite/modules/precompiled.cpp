#include "all.h"
#include <cstdio>
int main() {
  Box<std::map<std::string, int>> box;
  try {
    box.get();
  } catch (const std::exception &e) {
    std::printf("%s\n", e.what());
  }
  box.used = true;
  box.get()["x"] = ++shared();
  for (auto &[key, value] : box.get())
    std::printf("%s %d\n", key.c_str(), value);
}
