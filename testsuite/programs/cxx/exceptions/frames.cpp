//@ plain: frames_plain.cpp
//@ extra: frames_other.cpp
//@ links: all
//@ opt: O0 O0+g O2
//@ static: _Z8assemblyPFviEi(inline-asm)
//@ private: _ZN5TraceC2EPKc _ZN5TraceD2Ev
//@ debugger
// Exceptions through every kind of frame, with the cleanups of each.
#include "frames.h"
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

void throwing(int n) {
  Trace trace("throwing");
  if (n == 1)
    throw n;
  if (n == 2)
    throw std::runtime_error("two");
  if (n == 3)
    throw std::string("three");
  if (n == 4)
    throw Derived();
  if (n == 5)
    throw &trace;
}

__attribute__((noinline)) void assembly(Callback callback, int n) {
  Trace trace("assembly");
  asm volatile("nop" : "+r"(n));
  callback(n);
}

static void catching(const char *what, void (*run)(Callback, int)) {
  for (int n = 0; n <= 5; ++n) {
    try {
      Trace trace(what);
      run(throwing, n);
      std::printf("%s %d: nothing\n", what, n);
    } catch (int i) {
      std::printf("%s: int %d\n", what, i);
    } catch (const std::exception &e) {
      std::printf("%s: exception %s\n", what, e.what());
    } catch (const Base &base) {
      std::printf("%s: base %s\n", what, base.name());
    } catch (const std::string &s) {
      std::printf("%s: string %s\n", what, s.c_str());
    } catch (...) {
      std::printf("%s: something\n", what);
    }
  }
}

static Callback through_sort;
static void sorting(Callback callback, int n) {
  through_sort = callback;
  std::vector<int> numbers{3, 1, 2, n};
  std::sort(numbers.begin(), numbers.end(), [](int a, int b) {
    Trace trace("less");
    if (a == 2 || b == 2)
      through_sort(a + b - 2);
    return a < b;
  });
}

static void quick_sorting(Callback callback, int n) {
  through_sort = callback;
  int numbers[] = {3, n};
  std::qsort(numbers, 2, sizeof(int), [](const void *a, const void *b) {
    Trace trace("compare");
    int x = *static_cast<const int *>(a), y = *static_cast<const int *>(b);
    through_sort(std::min(x, y));
    return x - y;
  });
}

static void nested(Callback callback, int n) {
  try {
    Trace outer("outer");
    try {
      Trace inner("inner");
      callback(n);
    } catch (int i) {
      std::printf("inner int %d\n", i);
      throw;
    } catch (Base &) {
      std::printf("inner base\n");
      throw std::runtime_error("from handler");
    }
  } catch (std::runtime_error &e) {
    std::printf("middle %s\n", e.what());
    try {
      callback(4);
    } catch (Derived &) {
      std::printf("derived in handler\n");
    }
    throw;
  }
}

int main() {
  catching("assembly", assembly);
  catching("lazy", lazy_frame);
  catching("plain", plain_frame);
  catching("sort", sorting);
  catching("qsort", quick_sorting);
  catching("nested", nested);
  std::printf("plain catches: %d %d %d\n", plain_catches(throwing, 1), plain_catches(throwing, 4),
              plain_catches(throwing, 5));
  std::printf("live: %d\n", Trace::live);
}
