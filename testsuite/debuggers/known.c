// What lazy code knows of variables and functions it knows under a debugger, too: sizes, values, other names, addresses.
#include <stdio.h>
#include <string.h>

char buffer[8];
static char local[24];
static const int table[] = {3, 5, 7};
static int limit = 40;
static _Thread_local int calls = 1;
__attribute__((weak)) int level = 7;
extern int own_level __attribute__((alias("level")));
int plain;
extern int other_plain __attribute__((alias("plain")));

// The other unit's is called by this name, and this one by the other name.
__attribute__((weak, noinline)) void announce(void) { printf("this one\n"); }
static void own_announce(void) __attribute__((alias("announce")));

int checked(void);

static int (*self)(int);
__attribute__((noinline)) static int is_self(int n) { return n + (self == is_self); }

static int count(int n) { return calls += n; }

__attribute__((noinline)) static int names(int n) {
  level += n;
  own_level = level + 1;
  plain += n;
  other_plain = plain + 2;
  return level * 10 + plain;
}

int main(int argc, char **argv) {
  printf("%zu %zu\n", __builtin_object_size(buffer + 2, 0), __builtin_dynamic_object_size(local + 3, 1));
  printf("%d %d\n", names(argc), &plain == &other_plain);
  own_announce();
  announce();
  self = is_self;
  printf("%d %d\n", is_self(argc), checked());
  local[1] = table[argc];
  strcpy(buffer, argv[0] ? "text" : "longer");
  printf("%d %d %d %s\n", limit + local[1], count(argc), __builtin_constant_p(table[2]), buffer);
  return 0;
}
