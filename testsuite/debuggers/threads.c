#include <pthread.h>
#include <stdio.h>

__thread int counter = 5;
static __thread struct pair {
  int a, b;
} mine = {1, 2};

__attribute__((noinline)) int work(int n) {
  static __thread short calls = 7;
  counter += n;
  mine.b++;
  calls += mine.b > 0;
  return counter + mine.a + mine.b + calls;
}

static void *run(void *unused) {
  (void)unused;
  counter = 100;
  printf("%d\n", work(1));
  return NULL;
}

int main(void) {
  pthread_t thread;
  int first = work(3);
  pthread_create(&thread, NULL, run, NULL);
  pthread_join(thread, NULL);
  printf("%d %d\n", first, counter);
  return 0;
}
