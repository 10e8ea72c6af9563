// A program that uses this one alone of the functions that print a stack.
//@ link-flags: -rdynamic
//@ links: pie no-pie lld
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* As names of instances of templates may be. */
#define PASTE(a, b) a##b
#define TWICE(a) PASTE_ALL(a, a)
#define PASTE_ALL(a, b) PASTE(a, b)
#define NAME a_name_of_fifty_characters_and_that_is_a_good_start_
#define NAME_2 TWICE(NAME)
#define NAME_4 TWICE(NAME_2)
#define NAME_8 TWICE(NAME_4)
#define NAME_16 TWICE(NAME_8)
#define NAME_32 TWICE(NAME_16)
#define NAME_64 TWICE(NAME_32)

__attribute__((noinline)) static void *return_address(void) { return __builtin_return_address(0); }

__attribute__((noinline)) void NAME_64(void) {
  Dl_info info;
  int found = dladdr(return_address(), &info);
  printf("%d %zu %.60s\n", found, strlen(info.dli_sname), info.dli_sname);
}

int main(void) {
  Dl_info info;
  int found = dladdr(return_address(), &info);
  printf("%d %s\n", found, info.dli_sname);
  NAME_64();
  return 0;
}
