//@ flags: -fvisibility=hidden -fvisibility-inlines-hidden
//@ extra: visibility_other.cpp
//@ shared: visibility_lib.cpp
//@ link-flags: ./libvisibility_lib.so -Wl,-rpath,$ORIGIN
//@ links: pie lld
//@ opt: O0 O2
// Hidden by option: inline functions of program and library are two, types of default visibility are one.
#include "visibility.h"
#include <cstdio>
int main() {
  std::printf("%d %d\n", function() == other_function(), function() == library_function());
  std::printf("%d %d\n", ++counter(), library_count());
  try {
    library_throw();
  } catch (const Exported &e) {
    std::printf("caught %d\n", e.get());
  }
}
