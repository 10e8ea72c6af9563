// Without -g, optimized: what a symbol table tells.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void show(const char *text) { printf("%s\n", text); }
void (*volatile hook)(const char *) = show;

static __attribute__((noinline)) int walk(int n) {
  if (n == 0)
    abort();
  return walk(n - 1) + n;
}

int main(int argc, char **argv) {
  (void)argv;
  const char *words[] = {"c", "a", "b"};
  qsort(words, 3, sizeof *words, order);
  for (int i = 0; i < 3; i++)
    hook(words[i]);
  return walk(argc + 2);
}
