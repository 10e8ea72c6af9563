#include <stdio.h>
#include <stdlib.h>

struct node {
  struct node *next;
  int value;
};

static int visits;

// To the optimizer the first is a constant that lazy code has for itself; static code needs the others.
static const int heavy = 30;
static const int start_table[] = {3, 5, 7};
static volatile int started;

__attribute__((constructor)) static void start(void) { started = start_table[started]; }

__attribute__((noinline)) static int weigh(const struct node *node, int depth) {
  visits++;
  if (node->value > heavy)
    fprintf(stderr, "heavy at %d\n", depth);
  return node->value * depth;
}

static inline int half(int n) { return n / 2; }

__attribute__((noinline)) int sum(const struct node *list) {
  int total = 0;
  int depth = 1;
  for (; list; list = list->next) {
    total += weigh(list, depth);
    depth++;
  }
  return half(total);
}

__attribute__((noinline)) static struct node *push(struct node *list, int value) {
  struct node *node = malloc(sizeof *node);
  node->next = list;
  node->value = value;
  return node;
}

int main(int argc, char **argv) {
  (void)argv;
  struct node *list = NULL;
  for (int i = 1; i < 5; i++)
    list = push(list, 10 * i + argc);
  printf("%d %d\n", sum(list), visits);
  return 0;
}
