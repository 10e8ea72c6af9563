// Without -g: what a symbol table tells.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

struct Base {
  virtual ~Base() {}
  virtual int f(int x) const { return x + 1; }
};

struct Derived : Base {
  int f(int x) const override {
    if (x == 3)
      throw std::runtime_error("three");
    return x * 2;
  }
};

template <class T> T add(T a, T b) { return a + b; }

static int inner(const Base &b, int n) {
  std::string s = "abc";
  return b.f(n) + int(s.size());
}

int outer(int n) {
  Derived d;
  return inner(d, n);
}

extern "C" int by_length(const void *a, const void *b) {
  return int(std::strlen(*static_cast<char *const *>(a))) - int(std::strlen(*static_cast<char *const *>(b)));
}

static int caught(int n) {
  try {
    return outer(n);
  } catch (std::exception &e) {
    std::puts(e.what());
    return -1;
  }
}

int main() {
  const char *words[] = {"three", "a", "to"};
  std::qsort(words, 3, sizeof *words, by_length);
  for (int i = 2; i < 4; i++)
    std::printf("%d %d %s\n", caught(i), add(i, 2), words[i - 1]);
  std::abort();
}
