//@ part
__attribute__((noinline)) int bound(int x) { return x + 1; }
__attribute__((noinline)) int bound_static(int x) {
  int y;
  __asm__("leal 2(%1), %0" : "=r"(y) : "r"(x));
  return y;
}
__attribute__((weak, noinline)) int weak(int x) { return x + 3; }
int variable = 4;
int (*in_data)(int) = bound;
int sum(int x) { return bound(x) + bound_static(x) + weak(x) + variable; }
int (*address(void))(int) { return bound; }
int (*address_of_static(void))(int) { return bound_static; }
