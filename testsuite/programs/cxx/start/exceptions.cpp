//@ exit: 5
// Exceptions in initializers and at the end.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
static int parse(const char *text) {
  if (*text < '0' || *text > '9')
    throw std::invalid_argument(text);
  return std::atoi(text);
}
int parsed(const char *text) {
  try {
    return parse(text);
  } catch (const std::exception &e) {
    std::printf("caught %s before main\n", e.what());
    return -1;
  }
}
int a = parsed("12"), b = parsed("x");
struct End {
  ~End() {
    try {
      throw a;
    } catch (int n) {
      std::printf("caught %d at the end\n", n);
    }
  }
} end;
int main() {
  std::printf("%d %d\n", a, b);
  std::exit(5);
}
