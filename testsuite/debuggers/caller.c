// Calls of a library's function, whose address the program has as well: there is no entry for it in the procedure linkage table.
#include <stdio.h>

int cfun(int);
int (*volatile pointer)(int) = cfun;

int main(void) {
  int r = 2;
  r += cfun(r);
  r += pointer(r);
  printf("%d\n", r);
  return 0;
}
