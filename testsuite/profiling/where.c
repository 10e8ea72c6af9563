/* Says which process it is, and an address within its function `caller`. */
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static void *callee(void) { return __builtin_return_address(0); }
static void *caller(void) {
  void *found = callee();
  return found;
}

int main(void) {
  void *found = caller();
  printf("%d %p\n", (int)getpid(), found);
  return 0;
}
