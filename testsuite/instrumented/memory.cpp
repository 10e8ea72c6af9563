#include <cstdlib>
#include <cstring>
int table[4];
__attribute__((noinline)) int read(int *p, int i) { return p[i]; }
static int heap(int n) {
  int *p = new int[n]();
  int x = read(p, n);
  delete[] p;
  return x;
}
static int stack(int n) {
  int a[4] = {1, 2, 3, 4};
  return read(a, n);
}
static int after(int n) {
  int *p = new int[n]();
  delete[] p;
  return read(p, 1);
}
static int unset(int n) {
  int *p = (int *)malloc(n * sizeof(int));
  int x = read(p, 2) > 3 ? 1 : 2;
  free(p);
  return x;
}
__attribute__((noinline)) static void leak(int n) {
  void *volatile p = malloc(100 * n);
  p = nullptr;
}
__attribute__((noinline)) static int second(int n) {
  int *p = new int[n]();
  int x = read(p, n + 1);
  delete[] p;
  return x;
}
int main(int argc, char **argv) {
  const char *which = argc > 1 ? argv[1] : "";
  if (!strcmp(which, "heap"))
    return heap(4);
  if (!strcmp(which, "stack"))
    return stack(4);
  if (!strcmp(which, "global"))
    return read(table, 4);
  if (!strcmp(which, "after"))
    return after(4);
  if (!strcmp(which, "unset"))
    return unset(4);
  if (!strcmp(which, "leak"))
    leak(1);
  if (!strcmp(which, "twice")) {
    heap(4);
    second(8);
  }
  return 0;
}
