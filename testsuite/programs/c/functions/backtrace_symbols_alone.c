// A program that uses this one alone of the functions that print a stack.
//@ link-flags: -rdynamic
//@ links: pie no-pie lld
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) int inner(int n) {
  void *frames[8];
  char **lines = backtrace_symbols(frames, backtrace(frames, 8));
  const char *const names[] = {"inner+", "outer+", "main+"};
  for (int i = 0; i < 3; i++) puts(strstr(lines[i], names[i]) ? names[i] : "?");
  free(lines);
  return n;
}

__attribute__((noinline)) int outer(int n) { return inner(n + 1) - 1; }

int main(void) { return outer(0); }
