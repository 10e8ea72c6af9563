// All ways to use a variable: by other names, through static functions, in expressions, by signal handlers.
//@ flags: -pthread
//@ links: all
//@ static: through_assembly(inline-asm) start(constructor)
//@ lazy: all_names members by_signal choose lengths loop_over
//@ public: by_signal
//@ debugger
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static _Thread_local int base = 4;
extern _Thread_local int other_name __attribute__((alias("base")));
_Thread_local int plain_name asm("a$very.strange-name") = 6;
_Thread_local int weak __attribute__((weak)) = 8;
static const _Thread_local int constant = 9;
static _Thread_local int array[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static _Thread_local struct { short s; struct { char c[5]; long l; } in[3]; } nested;
static _Thread_local int (*function)(int);
static _Thread_local const char *strings[] = {"one", "two", "three"};
static _Thread_local volatile sig_atomic_t signals;
static _Thread_local _Atomic int atomic;
static _Thread_local unsigned bits;

static int through_assembly(int x) {
    __asm__("addl %1, %0" : "+m"(base) : "r"(x));
    return base + array[x & 7];
}
__attribute__((constructor)) static void start(void) { base += array[1]; }

static int all_names(void) { return other_name++ + base + plain_name++ + weak++ + constant; }
static long members(int i) {
    nested.in[i].l += 5;
    nested.in[i].c[4]++;
    nested.s--;
    memcpy(nested.in[2].c, strings[i], 4);
    return nested.in[i].l * nested.in[i].c[4] + nested.s + nested.in[2].c[0];
}
static int twice(int x) { return 2 * x; }
static int choose(int x) {
    int *p = x & 1 ? &base : &array[x];
    function = function ? function : twice;
    return *p + function(x) + (x > 3 && array[3] ? atomic++ : --atomic);
}
static unsigned long lengths(void) { return sizeof array + strlen(strings[0]) + (bits += 3); }
static int loop_over(void) {
    int sum = 0;
    for (int *p = array; p != array + 8; p++) sum += *p;
    return sum;
}
static void by_signal(int number) {
    signals = signals + 1;
    base += number - number;
}

static void *run(void *argument) {
    int i = (int)(long)argument;
    raise(SIGUSR1);
    printf("%d %d %ld %d %lu %d %d\n", all_names(), through_assembly(i), members(i % 3), choose(i), lengths(),
           loop_over(), (int)signals);
    return NULL;
}

int main(void) {
    signal(SIGUSR1, by_signal);
    for (long i = 0; i < 6; i++) {
        pthread_t thread;
        run((void *)i);
        pthread_create(&thread, NULL, run, (void *)i);
        pthread_join(thread, NULL);
    }
    return 0;
}
