#include <stdio.h>

int twice(int number) { return number * 2; }
int main(int count, char **words) {
  (void)words;
  return printf("%d\n", twice(count)) != 2;
}
