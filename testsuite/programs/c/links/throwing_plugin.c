// A C program has no unwinder until a C++ library brings one; exceptions then pass through functions that were compiled before.
//@ plain-shared: lib/thrower.cpp
//@ links: pie no-pie lld
#include <dlfcn.h>
#include <stdio.h>
static int (*call)(void (*)(int, void *), int);
static void (*raise_it)(int);
static void thrower(int n, void *p) { (void)p; if (n > 2) raise_it(n); printf("no %d\n", n); }
static void deeper(int n, void *p) { thrower(n + 1, p); puts("back"); }
int main(void) {
  thrower(1, 0); deeper(0, 0); // compiled before there is an unwinder
  void *h = dlopen("./libthrower.so", RTLD_NOW);
  if (!h) { puts(dlerror()); return 1; }
  call = (int (*)(void (*)(int, void *), int))dlsym(h, "call");
  raise_it = (void (*)(int))dlsym(h, "raise_it");
  printf("%d\n", call(thrower, 1));
  printf("%d\n", call(thrower, 5));
  printf("%d\n", call(deeper, 7));
  return 0;
}
