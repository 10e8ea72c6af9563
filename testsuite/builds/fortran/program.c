#include <stdio.h>
void add_one(int *x);
extern int from_assembly(int);
int twice(int y) { return 2 * y; }
int main(void) {
  int x = 20;
  add_one(&x);
  printf("%d %d\n", x, from_assembly(x));
  return 0;
}
