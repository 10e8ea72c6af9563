//@ exit: 3
//@ flags: -std=c++14
//@ opt: O0 O2
// A terminate handler of the program, called out of a noexcept function, looks at the exception.
#include <cstdio>
#include <cstdlib>
#include <exception>
struct Loud {
  ~Loud() { std::printf("destroyed\n"); }
};
static void inner(int n) {
  Loud loud;
  throw n;
}
static void outer(int n) noexcept { inner(n); }
int main() {
  std::set_terminate([] {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (int n) {
      std::printf("terminated by %d\n", n);
    }
    std::exit(3);
  });
  outer(42);
}
