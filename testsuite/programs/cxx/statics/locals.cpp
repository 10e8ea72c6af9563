//@ extra: locals_other.cpp
//@ plain: locals_plain.cpp
//@ shared: locals_lib.cpp
//@ link-flags: ./liblocals_lib.so -Wl,-rpath,$ORIGIN
//@ links: pie no-pie lld shared
//@ opt: O0 O0+g O2
// Static locals of inline functions, inline variables and template variables: one per program, whoever defines them.
#include "locals.h"
Addresses library();
static bool same(Addresses a, Addresses b) {
  for (int i = 0; i < 8; ++i)
    if (a.data[i] != b.data[i]) {
      std::printf("%d differs\n", i);
      return false;
    }
  return true;
}
int main() {
  std::printf("main\n");
  counter() += 5;
  Addresses mine = here();
  std::printf("%d %d %d\n", same(mine, other()), same(mine, plain()), same(mine, library()));
  std::printf("%d calls, variable %d, templated %ld, count %d\n", lambda(), variable, templated<long>, counter());
}
