//@ exit: SIGABRT
//@ opt: O0 O2
// What ends in std::terminate.
#include <cstdio>
#include <exception>
struct D { ~D() { throw 3; } }; static void f() { D d; throw 4; }
int main() {
  std::printf("before\n");
  std::fflush(stdout);
  try {
    f();
  } catch (float) {
    std::printf("not here\n");
  }
}
