// Functions and references that are described in ways of their own.
#include <stdio.h>
#include <string.h>

int other(int x) {
  return x + 1;
}

// Static, because of its labels, and of a name that is local in the linked program.
__attribute__((visibility("hidden"))) int threaded(const unsigned char *code) {
  static const void *const labels[] = {&&inc, &&twice, &&end};
  int acc = 1;
  goto *labels[*code++];
inc:
  acc = other(acc);
  goto *labels[*code++];
twice:
  acc = acc * 2;
  goto *labels[*code++];
end:
  return acc;
}

// Lazy, hidden, and called by the other unit only.
__attribute__((visibility("hidden"))) int hidden(int x) {
  int y = x * 2;
  return y + 1;
}

// Nobody defines it.
void hook(int x) __attribute__((weak));

// Nobody calls it: it and what it needs may go.
unsigned unused(const char *text) {
  return strlen(text) + strspn(text, "ab");
}

__attribute__((noinline)) int same(const char *a, const char *b, unsigned n) {
  return memcmp(a, b, n) == 0;
}

static int chosen(int x) {
  return x + 3;
}

static int (*choose(void))(int) {
  return chosen;
}

int indirect(int x) __attribute__((ifunc("choose")));

static int first(int x) {
  return x + 4;
}

static int second(int x) {
  return x + 5;
}

int (*const table[])(int) = {first, second};

__attribute__((noinline)) int work(FILE *to, int n) {
  int sum = 0;
  if (hook)
    hook(n);
  sum += same("abc", "abd", n);
  sum += indirect(n);
  sum += table[n & 1](n);
  fprintf(to, "\n");
  return sum;
}
