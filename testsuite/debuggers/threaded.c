#include <stdio.h>
extern __thread int far_one;
__thread int near_one = 3;
int step(int by);
static int __attribute__((noinline)) add(int by) {
  near_one += by;
  return near_one + far_one;
}
int main(int argc, char **argv) {
  (void)argv;
  int first = add(argc);
  int second = step(first);
  printf("%d %d\n", first, second);
  return 0;
}
