//@ extra: c_and_cxx_part.c
//@ archive: c_and_cxx_library.cpp
//@ link-flags: -fexceptions
//@ flags: -fexceptions
//@ opt: O0 O2
//@ links: all
// C and C++ objects in one program; exceptions through C frames that have unwind tables.
#include <cstdio>
#include <cstring>
extern "C" int c_calls(int (*callback)(int), int n);
int library(int n);
extern "C" int cxx_callback(int n) {
  if (n > 2)
    throw n;
  return n;
}
int main() {
  try {
    std::printf("%d\n", c_calls(cxx_callback, 2));
    std::printf("%d\n", c_calls(cxx_callback, 3));
  } catch (int n) {
    std::printf("caught %d\n", n);
  }
  std::printf("%d\n", library(4));
}
