//@ exit: 4
//@ flags: -std=c++14 -Wno-deprecated -Wno-dynamic-exception-spec
// Dynamic exception specifications: filters in landing pads.
#include <cstdio>
#include <cstdlib>
#include <exception>
static void allowed(int n) throw(int, const char *) {
  if (n == 0)
    throw 0;
  if (n == 1)
    throw "one";
  throw 2.0;
}
int main() {
  std::set_unexpected([] {
    std::printf("unexpected\n");
    throw 99;
  });
  for (int n = 0; n < 3; ++n) {
    try {
      allowed(n);
    } catch (int i) {
      std::printf("int %d\n", i);
    } catch (const char *s) {
      std::printf("%s\n", s);
    }
  }
  std::exit(4);
}
