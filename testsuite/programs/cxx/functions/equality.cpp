//@ extra: equality_other.cpp
//@ plain: equality_plain.cpp
//@ shared: equality_lib.cpp
//@ plain-shared: equality_plain_lib.cpp
//@ link-flags: ./libequality_lib.so ./libequality_plain_lib.so -Wl,-rpath,$ORIGIN
//@ links: pie no-pie lld shared
//@ opt: O0 O2
// An inline function has one address, in units, plain objects and libraries; calls go there whoever defines it.
#include "equality.h"
#include <cstdio>
extern template int explicitly<int>(int);
int main() {
  std::vector<F> mine = ALL;
  int n = 0;
  for (auto &list : {other(), plain(), lib(), plain_lib()}) {
    for (std::size_t i = 0; i < mine.size(); ++i)
      std::printf("%d:%d:%d ", list[i] == mine[i], list[i](10), mine[i](10));
    std::printf("%d\n", ++n);
  }
}
