// The C library's own ways to print a stack know lazy functions as they know others.
//@ link-flags: -rdynamic
//@ links: pie no-pie lld
#define _GNU_SOURCE
#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

/* Without addresses: only those parts are the same in two programs. */
static void print_names(const char *line) {
  const char *open = strchr(line, '(');
  if (!open) {
    puts("?");
    return;
  }
  size_t length = strcspn(open + 1, "+)");
  printf("  %.*s%s\n", (int)length, open + 1, strstr(line, ") [") ? "" : " fd");
}

NOINLINE static void *return_address(void) { return __builtin_return_address(0); }

NOINLINE int inner(int n) {
  void *frames[32];
  int count = backtrace(frames, 32);
  char **lines = backtrace_symbols(frames, count);
  printf("%d frames\n", count);
  for (int i = 0; i < 3; i++) print_names(lines[i]);
  free(lines);

  int fds[2];
  if (pipe(fds)) return -1;
  backtrace_symbols_fd(frames, 3, fds[1]);
  close(fds[1]);
  FILE *in = fdopen(fds[0], "r");
  char line[4096];
  while (fgets(line, sizeof line, in)) print_names(line);
  fclose(in);

  Dl_info info;
  int found = dladdr(return_address(), &info);
  printf("%d %s %d\n", found, info.dli_sname, info.dli_saddr != NULL);
  found = dladdr((void *)inner, &info);
  printf("%d %s %d\n", found, info.dli_sname, info.dli_saddr == (void *)inner);
  printf("%d\n", dladdr((void *)16, &info));
  return n + (int)strlen(info.dli_sname);
}

NOINLINE int outer(int n) { return inner(n + 1) + 1; }

int main(void) { return outer(0) - 7; }
