#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int uninitialized(void) {
  int *p = malloc(sizeof(int) * 4);
  int found = p[2] > 3;
  free(p);
  return found;
}
static int beyond(void) {
  char *p = malloc(10);
  p[10] = 1;
  int found = p[11];
  free(p);
  return found;
}
static int after(void) {
  int *p = malloc(8);
  free(p);
  return *p;
}
static void *leaked(void) {
  void *p = malloc(33);
  memset(p, 0, 33);
  return p;
}
int main(void) {
  int n = 0;
  if (uninitialized()) n++;
  if (beyond()) n++;
  if (after()) n++;
  n += *(char *)leaked();
  printf("%d\n", n > 5);
  return 0;
}
