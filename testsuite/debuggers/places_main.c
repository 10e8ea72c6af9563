#include <stdio.h>

int threaded(const unsigned char *code) __attribute__((visibility("hidden")));
int hidden(int x) __attribute__((visibility("hidden")));
int work(FILE *to, int n);

int main(void) {
  int sum = threaded((const unsigned char *)"\0\1\0\2");
  sum += hidden(sum);
  sum += work(stderr, 2);
  sum += work(stderr, 3);
  printf("%d\n", sum);
  return 0;
}
