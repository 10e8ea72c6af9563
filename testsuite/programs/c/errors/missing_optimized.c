// Of two symbols that nobody defines the optimizer removes the use of one.
//@ opt: O2
//@ links: pie lld
//@ link-fail: really_missing
extern int really_missing(int);
extern int unneeded_after_all(int);

static inline int checked(int n) { return n > 8 ? unneeded_after_all(n) : n; }

int main(int argc, char **argv) {
  (void)argv;
  return checked(3) + really_missing(argc);
}
