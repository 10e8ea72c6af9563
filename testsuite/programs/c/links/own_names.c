// Names of the C library that a program has for things of its own: a variable and a function.
//@ extra: lib/own_names.c
//@ links: pie no-pie lld shared
#include <stdio.h>
extern int backtrace;
extern const char *dladdr(int);
extern const char *(*chosen)(int);
int main(void) {
  backtrace += 2;
  printf("%d %s %d\n", backtrace, dladdr(1), chosen == dladdr);
  return 0;
}
