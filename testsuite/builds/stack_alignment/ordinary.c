#include <stdio.h>

int main(void) {
  puts("ordinary");
  return 0;
}
