#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN = 5, BLUE };
struct point { int x, y; };
struct shape {
  const char *name;
  enum color color;
  struct point corner[2];
  union { long whole; char part[8]; } u;
};
typedef int (*operation)(int, int);

static int counter = 5;
int global = 7;
double ratio = 0.25;
static struct point origin = {1, 2};
static const char *const names[] = {"one", "two", "three"};
extern int elsewhere;

static int helper(int n) {
  static int calls;
  calls++;
  return n + counter + calls;
}

int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

__attribute__((constructor)) static void setup(void) {
  counter += 1;
  ratio *= 2;
}

static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }

int apply(operation op, int a, int b) {
  int result = op(a, b);
  return result;
}

int factorial(int n) {
  if (n <= 1)
    return 1;
  return n * factorial(n - 1);
}

int work(int n, struct point *p) {
  int sum = 0;
  for (int i = 0; i < n; i++) {
    int square = i * i;
    sum += helper(square) + p->x;
  }
  return sum;
}

static void describe(struct shape *s) {
  char text[64];
  snprintf(text, sizeof text, "%s-%d", s->name, (int)s->color);
  s->u.whole = (long)strlen(text);
  puts(text);
}

int main(int argc, char **argv) {
  int v[] = {3, 1, 2};
  struct shape box = {"box", BLUE, {{0, 0}, {3, 4}}, {0}};
  qsort(v, 3, sizeof *v, compare);
  int r = work(3, &origin);
  r += apply(add, r, argc) + apply(sub, 1, 2);
  describe(&box);
  elsewhere = factorial(5);
  global = r;
  printf("%d %d %d %s\n", v[0], r, elsewhere, names[argc]);
  return 0;
}
