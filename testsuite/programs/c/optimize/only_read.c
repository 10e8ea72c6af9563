// Variables to which only some code writes, or none: of whom it is known that they keep their first values.
//@ opt: O0 O1 O2 O3 Os
//@ static: assemble(inline-asm)
//@ links: pie no-pie shared static lld
#include <stdio.h>
#include <string.h>

// Written by way of an initializer that comes first.
static int hidden;
static int *way = &hidden;
static int elements[3];
static struct {
  int first;
  int *second;
} pair = {1, &elements[1]};

static int never = 7;
static int row[4] = {1, 2, 3, 4};
static char text[] = "text";
static const char *names[] = {"one", "two"};
static volatile int watched = 3;

// Written by what the optimizer does not know.
static int by_assembly = 1;
static int copied[2] = {1, 2};
static int aliased __attribute__((used)) = 5;
extern int other_name __attribute__((alias("aliased")));

__attribute__((noinline)) static void assemble(int by) {
  __asm__ volatile("addl %1, %0" : "+m"(by_assembly) : "r"(by));
}

__attribute__((noinline)) void change(int by) {
  *way = by;
  *pair.second += by;
  assemble(by);
  memcpy(copied, row + 1, sizeof copied);
  other_name += by;
}

__attribute__((noinline)) static int sum(void) {
  return hidden + elements[0] + elements[1] + never + row[1] + watched + by_assembly + copied[1] + aliased;
}

int main(int argc, char **argv) {
  (void)argv;
  printf("%d\n", sum());
  for (int i = 0; i < 3; i++) {
    change(i + argc);
    printf("%d %d %d\n", sum(), hidden, elements[1]);
  }
  printf("%s %zu %s %d\n", text, strlen(text), names[argc], pair.first);
}
