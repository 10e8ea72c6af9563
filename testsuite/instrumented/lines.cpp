// Functions that inline nothing: with lines only, they have no entry of their own in the debug information.
#include <cstdio>

__attribute__((noinline)) int sum(int x) { return x + 0x7fffffff; }

__attribute__((noinline)) int shifted(int x, int y) {
  return x <<
         y;
}

int main(int argc, char **) {
  printf("%d\n", sum(argc) < 0);
  fflush(stdout);
  return shifted(argc, argc + 40) == 1;
}
