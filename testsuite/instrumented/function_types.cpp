// Calls through pointers of the wrong type, of lazy functions of all kinds; and right ones.
#include <cstdio>

static int internal(int x) { return x; }
int external(int x) { return x + 1; }
inline int shared(int x) { return x + 2; }
template <class T> T generic(T x) { return x + 3; }

template <class F> void wrong(F *f) {
  std::fprintf(stderr, "%d\n", reinterpret_cast<int (*)(unsigned)>(f)(1));
}
template <class F> void right(F *f) { std::fprintf(stderr, "%d\n", f(1)); }

int main() {
  right(internal), right(external), right(shared), right(generic<int>);
  wrong(internal);
  wrong(external);
  wrong(shared);
  wrong(generic<int>);
  int (*lambda)(int) = [](int x) { return x + 4; };
  right(lambda);
  wrong(lambda);
  return 0;
}
