//@ part
// What a library may still do when it is unloaded, by means of lazy functions.
#include <cstdio>
#include <stdexcept>
#include <string>
static int depth;
static const char *last() { return "last"; }
static void note(const char *what) { if (depth) std::printf("%s\n", what); }
struct Noted {
  ~Noted() {
    try {
      throw std::runtime_error("static object");
    } catch (const std::exception &e) {
      note(e.what());
    }
  }
};
static Noted noted;
__attribute__((destructor(101))) static void with_a_number() { note("101"); }
__attribute__((destructor(0))) static void very_last() { note(last()); }
__attribute__((destructor)) static void without_a_number() { note("no number"); }
extern "C" int run(int n, int talks) {
  static Noted local;
  depth = talks;
  try {
    if (n % 2)
      throw std::to_string(n);
  } catch (const std::string &text) {
    return static_cast<int>(text.size());
  }
  return n;
}
// Each round calls another one.
template <int N> int spin(unsigned n) { return n % 512 == N ? N : spin<N - 1>(n); }
template <> int spin<0>(unsigned) { return 0; }
extern "C" void spin_for_ever(volatile int *started) {
  for (unsigned n = 0;; ++n) {
    spin<300>(n);
    *started = 1;
  }
}
