// A program that uses this one alone of the functions that print a stack.
//@ link-flags: -rdynamic
//@ links: pie no-pie lld
#include <execinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) int inner(int n) {
  void *frames[8];
  int fds[2];
  if (pipe(fds)) return 1;
  backtrace(frames, 8);
  backtrace_symbols_fd(frames, 3, fds[1]);
  close(fds[1]);
  char line[4096];
  const char *const names[] = {"inner+", "outer+", "main+"};
  FILE *in = fdopen(fds[0], "r");
  for (int i = 0; i < 3 && fgets(line, sizeof line, in); i++) puts(strstr(line, names[i]) ? names[i] : "?");
  fclose(in);
  return n;
}

__attribute__((noinline)) int outer(int n) { return inner(n + 1) - 1; }

int main(void) { return outer(0); }
