// Functions that are declared and never defined, so that a wrong use does not link.
//@ opt: O1 O2
//@ links: pie lld
#include <cstdio>

namespace checks {
struct Rejected {
  template <int N> static void because(const char *);
};
void wrong_unit(const char *, int &);
} // namespace checks

template <int N> struct Meters {
  int value;
  int in(int unit) const {
    int result = value * N;
    if (N > 1000)
      checks::Rejected::because<N>("too many");
    if (unit > 3)
      checks::wrong_unit("unit", result);
    return result / unit;
  }
};

static inline int sum(const Meters<2> &a, const Meters<3> &b) { return a.in(1) + b.in(2); }

int main() {
  std::printf("%d\n", sum({5}, {4}));
  return 0;
}
