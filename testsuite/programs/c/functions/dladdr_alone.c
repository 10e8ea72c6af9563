// A program that uses this one alone of the functions that print a stack.
//@ link-flags: -rdynamic
//@ links: pie no-pie lld
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

__attribute__((noinline)) static void *return_address(void) { return __builtin_return_address(0); }

int main(void) {
  Dl_info info;
  int found = dladdr(return_address(), &info);
  printf("%d %s\n", found, info.dli_sname);
  return 0;
}
