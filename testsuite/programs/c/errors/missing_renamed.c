// A symbol that nobody defines, under a name that the declaration gives it.
//@ opt: O2
//@ links: pie lld
//@ link-fail: missing_under_this_name
extern int missing(int) __asm__("missing_under_this_name");
extern int unneeded(int) __asm__("unneeded_under_this_name");

static inline int checked(int n) { return n > 8 ? unneeded(n) : n; }

int main(int argc, char **argv) {
  (void)argv;
  return checked(3) + missing(argc);
}
