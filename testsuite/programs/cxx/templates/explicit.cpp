//@ extra: explicit_other.cpp
//@ plain: explicit_plain.cpp
//@ opt: O0 O2
//@ links: all
// Explicit instantiation in one unit, extern template in the others.
#include "explicit.h"
#include <cstdio>
int main() {
  Stack<int> ints;
  ints.push(1);
  ints.push(2);
  Stack<std::string> strings;
  strings.push("abc");
  Stack<double> doubles;
  doubles.push(1.5);
  std::printf("%d %s %g %d %d\n", ints.pop(), strings.pop().c_str(), doubles.pop(), scale(5), Stack<int>::Inner::f());
  std::printf("%d %d %d %d\n", Stack<int>::made, Stack<double>::made, ints.kind(), other());
  int (Stack<int>::*kind)() = &Stack<int>::kind;
  std::printf("%d\n", (ints.*kind)());
}
