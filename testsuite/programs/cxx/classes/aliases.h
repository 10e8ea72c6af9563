#include <cstdio>
struct Simple {
  int n;
  Simple(int n);
  ~Simple();
};
struct Child : Simple {
  Child(int n);
  ~Child();
};
template <class T> struct Box {
  T value;
  Box(T value);
  ~Box();
};
struct Inline {
  int n;
  Inline(int n) : n(n) { std::printf("Inline %d\n", n); }
  virtual ~Inline() { std::printf("~Inline %d\n", n); }
};
