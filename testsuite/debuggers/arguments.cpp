// Functions that only the debug information mentions: arguments of templates.
#include <cstdio>
#include <memory>

struct Named {
  static int helper(int x) { return x + 1; }
  static void method(int) { helper(3); }
  int member(int x) { return helper(x); }
};

template <void (*F)(int)> struct Kept {
  int number() { return 3; }
};

template <int (Named::*M)(int)> struct Chosen {
  int number() { return 4; }
};

template <auto F> struct Closer {
  void operator()(FILE *file) const { F(file); }
};

int main() {
  Kept<&Named::method> kept;
  Chosen<&Named::member> chosen;
  std::unique_ptr<FILE, Closer<&fclose>> file(fopen("/dev/null", "r"));
  int sum = kept.number() + chosen.number();
  printf("%d\n", sum);
  return 0;
}
