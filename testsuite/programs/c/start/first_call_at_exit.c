// First calls of functions while the program is ending: in atexit handlers, in destructors, in exit inside exit.
//@ links: pie static shared
//@ static: destructor(constructor)
//@ lazy: never_before at_exit nested by_destructor
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

static int never_before(int x) { return x + 1; }
static void nested(void) { printf("nested %d\n", never_before(2)); }
static void at_exit(void) {
    printf("atexit %d\n", never_before(1));
    atexit(nested);
}
static void on_exit_handler(int status, void *argument) { printf("on_exit %d %s\n", status, (char *)argument); }
static void quick(void) { printf("not reached\n"); }
void by_destructor(void) {
    printf("destructor\n");
    fflush(stdout);
}
__attribute__((destructor)) static void destructor(void) { by_destructor(); }
void (*keep)(void) = by_destructor;

int main(void) {
    atexit(at_exit);
    on_exit(on_exit_handler, "argument");
    at_quick_exit(quick);
    printf("main\n");
    return 0;
}
