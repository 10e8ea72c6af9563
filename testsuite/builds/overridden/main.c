#include <stdio.h>

int replaced(int n);
int caller(void);
int (*address(void))(int);

int main(void) {
  printf("%d %d %d\n", replaced(1), caller(), address()(1));
  return 0;
}
