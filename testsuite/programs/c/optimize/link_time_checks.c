// Checks that fail to link on purpose, unless the optimizer finds them to hold.
//@ opt: O1 O2 O3 Os
//@ links: pie no-pie static static-pie lld
//@ archive: link_time_checks_member.c
#include <stdio.h>
#include <stdlib.h>

extern void value_is_too_large(void);
extern int not_a_constant(int);
extern int no_such_data[];

int checked_member(int);

static inline int small(int n) {
  if (n > 8)
    value_is_too_large();
  return n;
}

static inline int halved(int n) {
  if (__builtin_constant_p(n) && n % 2)
    return not_a_constant(n);
  return n / 2;
}

static int chosen(int n) {
  const int level = 0;
  if (level)
    return no_such_data[n];
  return small(4) + n;
}

// What only the whole unit shows: nobody writes to these, and the function does not return.
static int is_verbose;
static int widths[3] = {8, 16, 32};
static struct {
  int version;
  const char *name;
} format = {3, "third"};

static __attribute__((noinline)) int give_up(const char *why) {
  puts(why);
  exit(0);
}

static int known_in_the_unit(int i) {
  if (is_verbose)
    value_is_too_large();
  if (format.version != 3)
    return not_a_constant(i);
  return widths[i % 3] + (int)sizeof format.name;
}

int main(int argc, char **argv) {
  (void)argv;
  printf("%d %d %d %d\n", small(3), halved(argc * 7), chosen(argc), checked_member(argc));
  printf("%d %s\n", known_in_the_unit(argc), format.name);
  if (argc > 0) {
    give_up("the end");
    value_is_too_large();
  }
  return 0;
}
