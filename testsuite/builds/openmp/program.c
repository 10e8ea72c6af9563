#include <omp.h>
#include <stdio.h>

static int square(int x) { return x * x; }
static int fib(int n) {
  int a, b;
  if (n < 2)
    return n;
#pragma omp task shared(a)
  a = fib(n - 1);
#pragma omp task shared(b)
  b = fib(n - 2);
#pragma omp taskwait
  return a + b;
}

static int own;
#pragma omp threadprivate(own)

int main(void) {
  long sum = 0;
  int threads = 0, once = 0, result = 0;
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 7)
  for (int i = 0; i < 1000; i++)
    sum += square(i);
#pragma omp parallel num_threads(3)
  {
    own = omp_get_thread_num();
#pragma omp atomic
    threads += own;
#pragma omp single
    once++;
#pragma omp critical
    result ^= 1;
#pragma omp barrier
#pragma omp sections
    {
#pragma omp section
      result += 10;
    }
  }
#pragma omp parallel
#pragma omp single
  result += fib(12);
  float values[64];
#pragma omp simd
  for (int i = 0; i < 64; i++)
    values[i] = i * 0.5f;
  printf("%ld %d %d %d %g\n", sum, threads, once, result, values[63]);
  return 0;
}
