// Functions are in the unwind tables by their addresses, before they are called and after (LuaJIT looks whether it is).
#include <stdio.h>
struct bases {
  void *text, *data, *function;
};
extern const void *_Unwind_Find_FDE(void *, struct bases *);

static int own(int n) { return n + 1; }
int shared(int n) { return n + 2; }
int last(int n) { return n + 3; }

static int is_known(int (*function)(int)) {
  struct bases bases;
  return _Unwind_Find_FDE((void *)function, &bases) != NULL;
}

int main(void) {
  int (*volatile functions[])(int) = {own, shared, last};
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 3; ++i) {
      printf("%d", is_known(functions[i]));
      printf(" %d\n", functions[i](round));
    }
  return 0;
}
