// Where origins are tracked, code differs between -g and no -g.
#include <cassert>
#include <sanitizer/msan_interface.h>

__attribute__((noinline)) char *made(unsigned size) { return new char[size]; }

int main() {
  char *a = made(4);
  assert(a);
  __msan_check_mem_is_initialized(a, 4);
}
