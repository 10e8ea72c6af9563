//@ exit: SIGABRT
//@ opt: O0 O2
// What ends in std::terminate.
#include <cstdio>
#include <exception>
struct B; static void call(B *); struct B { B() { call(this); } virtual void g() = 0; }; struct C : B { void g() override {} }; static void call(B *b) { b->g(); } static void f() { C c; }
int main() {
  std::printf("before\n");
  std::fflush(stdout);
  try {
    f();
  } catch (float) {
    std::printf("not here\n");
  }
}
