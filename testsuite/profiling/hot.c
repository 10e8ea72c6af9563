#include <stdio.h>
static unsigned inner(unsigned x) {
  for (int i = 0; i < 1000; i++)
    x = x * 1664525u + 1013904223u;
  return x;
}
static unsigned outer(unsigned n) {
  unsigned x = n;
  for (unsigned i = 0; i < n; i++)
    x ^= inner(x);
  return x;
}
int main(void) {
  printf("%u\n", outer(100000));
  return 0;
}
