//@ part
#include "explicit.h"
template struct Stack<int>;
template int scale(int);
int other() {
  Stack<int> s;
  Stack<double> d;
  return Stack<int>::made * 10 + Stack<double>::made;
}
