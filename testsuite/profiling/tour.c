/* A program whose calls are known. `never` is called by nobody in a run, and `unused` calls it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int third(int x) { return x + 3; }
static int second(int x) { return third(x) * 2; }
static int first(int x) { return second(x) + 1; }
int never(int x) { return x - 1; }
int unused(int x) { return never(x) + 1; }
static int in_child(void) { return 7; }

int main(int argc, char **argv) {
  if (argc > 2) usleep(400 * 1000);
  printf("%d\n", argc > 100 ? unused(argc) : first(1));
  fflush(stdout);
  int status = 0;
  if (argc > 1) {
    pid_t child = fork();
    if (child == 0) _exit(in_child());
    waitpid(child, &status, 0);
    printf("%d\n", WEXITSTATUS(status));
  }
  return 0;
}
