#include <cstdint>
#include <vector>
typedef int (*F)(int);
inline int in_line(int x) { return x + 1; }
template <class T> T in_template(T x) { return x * 2; }
template <class T> T explicitly(T x) { return x * 3; }
struct S {
  static int member(int x) { return x - 1; }
};
inline F nested() {
  struct L {
    static int f(int x) { return x ^ 1; }
  };
  return L::f;
}
inline F lambda() { return [](int x) { return x + 100; }; }
#define ALL {in_line, in_template<int>, explicitly<int>, S::member, nested(), lambda()}
std::vector<F> other(), plain(), lib(), plain_lib();
