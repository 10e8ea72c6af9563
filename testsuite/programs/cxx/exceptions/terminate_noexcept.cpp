//@ exit: SIGABRT
//@ opt: O0 O2
// What ends in std::terminate.
#include <cstdio>
#include <exception>
static void f() noexcept { throw 1; }
int main() {
  std::printf("before\n");
  std::fflush(stdout);
  try {
    f();
  } catch (float) {
    std::printf("not here\n");
  }
}
