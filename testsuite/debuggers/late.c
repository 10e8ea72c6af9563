#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

struct job { int number; const char *name; };
static int done = 3;
int limit = 10;

static int weigh(const struct job *job) {
  static int times;
  times++;
  return job->number * 2 + done + times;
}

__attribute__((noinline)) int never(int n) { return n * 3; }

int wait_for(struct job *job, int depth) {
  int weight = weigh(job);
  if (depth > 0)
    return wait_for(job, depth - 1) + weight;
  printf("ready\n");
  fflush(stdout);
  char c;
  if (read(0, &c, 1) == 1)
    weight += never(weight);
  return weight;
}

int main(void) {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  struct job job = {limit, "wash"};
  int all = wait_for(&job, 2);
  printf("%d\n", all);
  return 0;
}
