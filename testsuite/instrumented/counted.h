#include <vector>
// In both units: counted once.
inline int collatz(int n) {
  int steps = 0;
  while (n != 1 && steps < 100) {
    n = n % 2 ? 3 * n + 1 : n / 2;
    ++steps;
  }
  return steps;
}
template <class T> T sum(const std::vector<T> &all) {
  T result{};
  for (const T &x : all)
    if (x > 2)
      result += x;
  return result;
}
int more(int n);
