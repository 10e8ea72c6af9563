#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int part(int n);

int main(void) {
  if (fork() == 0)
    _exit(part(1));
  int status;
  wait(&status);
  printf("%d %d\n", part(20), WEXITSTATUS(status));
  return 0;
}
