// Coroutines by swapcontext on small stacks, with first calls on them.
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { stack_size = 16384, workers = 8 };
static ucontext_t main_context, contexts[workers];
static int finished;

static long work0(long x) { return x + 1; }
static long work1(long x) { return x * 2; }
static long work2(long x) { return x - 3; }
static long work3(long x) { return x * x % 1009; }
static long (*const work[])(long) = {work0, work1, work2, work3};

static void yield(int me) { swapcontext(&contexts[me], &main_context); }

static void body(int me) {
    long x = me;
    for (int i = 0; i < 4; i++) {
        x = work[(me + i) % 4](x + 5);
        yield(me);
    }
    printf("%d: %ld\n", me, x);
    finished++;
}

int main(void) {
    char *stacks = malloc((size_t)stack_size * workers);
    for (int i = 0; i < workers; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = stacks + i * stack_size;
        contexts[i].uc_stack.ss_size = stack_size;
        contexts[i].uc_link = &main_context;
        makecontext(&contexts[i], (void (*)(void))body, 1, i);
    }
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < workers; i++) swapcontext(&main_context, &contexts[i]);
    printf("%d\n", finished);
    free(stacks);
    return 0;
}
