#include <cstdio>
inline int &counter() {
  static int count = 0;
  return count;
}
struct Noisy {
  int n;
  explicit Noisy(int n) : n(n) { std::printf("Noisy %d\n", n); }
  ~Noisy() { std::printf("~Noisy %d\n", n); }
};
inline Noisy &noisy() {
  static Noisy one(++counter());
  return one;
}
template <class T> T &of() {
  static T value{};
  return value;
}
inline auto lambda = [] {
  static int calls;
  return ++calls;
};
inline int variable = ++counter() * 100;
template <class T> inline T templated = T(++counter() * 1000);
struct Holder {
  static inline Noisy member{++counter() + 10};
  static constexpr int table[3] = {1, 2, 3};
};
extern "C" inline int *c_static() {
  static int i;
  return &i;
}
struct Addresses {
  void *data[8];
};
Addresses other();
Addresses plain();
inline Addresses here() {
  lambda();
  return {{&counter(), &noisy(), &of<int>(), &of<double>(), &variable, &templated<long>, c_static(),
           const_cast<int *>(Holder::table)}};
}
