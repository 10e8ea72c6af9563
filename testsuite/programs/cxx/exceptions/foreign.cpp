//@ flags: -pthread
//@ opt: O0 O2
// Forced unwinding: thread cancellation and pthread_exit run C++ cleanups; backtraces pass lazy frames.
#include <cstdio>
#include <pthread.h>
#include <unistd.h>
#include <unwind.h>
struct Cleanup {
  const char *what;
  ~Cleanup() { std::printf("cleanup %s\n", what); }
};
static void leave(int n) {
  Cleanup cleanup{"leave"};
  if (n)
    leave(n - 1);
  else
    pthread_exit(nullptr);
}
static void *leaving(void *) {
  Cleanup cleanup{"thread"};
  try {
    leave(2);
  } catch (...) {
    std::printf("seen\n");
    throw;
  }
  return nullptr;
}
static void *cancelled(void *) {
  Cleanup cleanup{"cancelled"};
  for (;;)
    pause();
}
static int depth() {
  int count = 0;
  _Unwind_Backtrace(
      [](_Unwind_Context *, void *p) {
        ++*static_cast<int *>(p);
        return _URC_NO_REASON;
      },
      &count);
  return count;
}
__attribute__((noinline)) static int deeper(int n) {
  if (n == 0)
    return depth();
  int d = deeper(n - 1);
  asm volatile("" ::: "memory");
  return d;
}
int main() {
  pthread_t thread;
  pthread_create(&thread, nullptr, leaving, nullptr);
  pthread_join(thread, nullptr);
  pthread_create(&thread, nullptr, cancelled, nullptr);
  pthread_cancel(thread);
  void *result;
  pthread_join(thread, &result);
  std::printf("cancelled: %d\n", result == PTHREAD_CANCELED);
  std::printf("%d\n", deeper(10) - deeper(3));
}
