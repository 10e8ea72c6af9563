#include <stdio.h>

int f(int);

int main(int argc, char **argv) {
  (void)argv;
  printf("%d\n", f(argc));
  return 0;
}
