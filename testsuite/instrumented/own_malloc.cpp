// An allocator of the program's own, which the sanitizer's runtime calls before it is initialized.
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#define PLAIN __attribute__((disable_sanitizer_instrumentation))

extern "C" {
void *__interceptor_malloc(size_t size);
void __interceptor_free(void *p);

static int calls;

PLAIN void *malloc(size_t size) {
  calls++;
  return __interceptor_malloc(size);
}

PLAIN void free(void *p) { __interceptor_free(p); }
}

int main() {
  volatile char *p = static_cast<char *>(malloc(10));
  p[0] = 1;
  printf("%d %d\n", p[0], calls > 0);
  free(const_cast<char *>(p));
  return 0;
}
