// Threads ask for the names of lazy functions while others make first calls.
//@ link-flags: -pthread -rdynamic
//@ links: pie lld
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

static atomic_int done, right, wrong;

NOINLINE static void *return_address(void) { return __builtin_return_address(0); }

NOINLINE void *ask(void *unused) {
  (void)unused;
  do {
    Dl_info info;
    /* In the function itself: an address of lazy code. */
    if (!dladdr(return_address(), &info) || !info.dli_sname || strcmp(info.dli_sname, "ask")) wrong++;
    else right++;
  } while (!atomic_load(&done));
  return 0;
}

#define ONE(n) \
  NOINLINE static int f##n(int x) { return x + 1##n; }
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
#define HUNDRED(n) \
  TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(1)
HUNDRED(2)

#define CALL(n) +f##n(x)
#define CALL_TEN(n) \
  CALL(n##0) CALL(n##1) CALL(n##2) CALL(n##3) CALL(n##4) CALL(n##5) CALL(n##6) CALL(n##7) CALL(n##8) CALL(n##9)
#define CALL_HUNDRED(n) \
  CALL_TEN(n##0) CALL_TEN(n##1) CALL_TEN(n##2) CALL_TEN(n##3) CALL_TEN(n##4) \
  CALL_TEN(n##5) CALL_TEN(n##6) CALL_TEN(n##7) CALL_TEN(n##8) CALL_TEN(n##9)

static void *first(void *sum) {
  int x = 1;
  *(int *)sum = 0 CALL_HUNDRED(1);
  return 0;
}

static void *second(void *sum) {
  int x = 2;
  *(int *)sum = 0 CALL_HUNDRED(2);
  return 0;
}

int main(void) {
  pthread_t askers[2], callers[2];
  int sums[2];
  for (int i = 0; i < 2; i++) pthread_create(&askers[i], 0, ask, 0);
  pthread_create(&callers[0], 0, first, &sums[0]);
  pthread_create(&callers[1], 0, second, &sums[1]);
  for (int i = 0; i < 2; i++) pthread_join(callers[i], 0);
  done = 1;
  for (int i = 0; i < 2; i++) pthread_join(askers[i], 0);
  printf("%d %d %s\n", sums[0], sums[1], right && !wrong ? "named" : "not always named");
  return 0;
}
