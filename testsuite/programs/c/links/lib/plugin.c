//@ part
#include <stdio.h>
typedef int function(int);
int from_program(int x);
static int counter;
static int local(int x) { return x * 100; }
__attribute__((visibility("hidden"))) int hidden_step(int x) { return x + counter; }
int step(int x) { counter++; return hidden_step(x); }
int count(void) { return counter; }
int call_program(int x) { return from_program(x) + local(0); }
function *table[] = {step, local};
__attribute__((constructor)) static void loaded(void) { printf("loaded\n"); }
__attribute__((destructor)) static void unloaded(void) { printf("unloaded %d\n", count()); }
