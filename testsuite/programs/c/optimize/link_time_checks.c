// Checks that fail to link on purpose, unless the optimizer finds them to hold.
//@ opt: O1 O2 O3 Os
//@ links: pie no-pie static static-pie lld
//@ archive: link_time_checks_member.c
#include <stdio.h>

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

int main(int argc, char **argv) {
  (void)argv;
  printf("%d %d %d %d\n", small(3), halved(argc * 7), chosen(argc), checked_member(argc));
  return 0;
}
