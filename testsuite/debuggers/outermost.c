/* main puts arguments on the stack: what it has in its frame is found by the frame's place. */
#include <stdio.h>

int main(int argc, char **argv) {
  int a[3] = {argc, 2, 3};
  if (sscanf("40", "%d", &a[1]) != 1)
    return 1;
  fprintf(stderr, "%d %d %d %d %d %d %d\n", argc, a[0], a[1], a[2], 4, 5, 6);
  return argv[argc] != NULL;
}
