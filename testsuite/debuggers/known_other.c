#include <stdio.h>
void announce(void) { printf("the other one\n"); }

#ifdef __OPTIMIZE__
// What must not be called has to be folded away, and is what is said about the unit made of.
__attribute__((error("not three"))) void not_three(void);
#else
static void not_three(void) {}
#endif
#pragma weak dlvsym
void *dlvsym(void *, const char *, const char *);
static inline int three(int n) {
  if (n != 3)
    not_three();
  return dlvsym ? n : 0;
}
int checked(void) { return three(3); }
