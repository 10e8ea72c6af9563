// Constructors and destructors with priorities. They are static, since they run anyway; what they call is lazy if
// something else calls it too.
//@ links: all
//@ static: early(constructor) late(constructor) unordered(constructor) first_out(constructor) last_out(constructor) plain_out(constructor) only_by_constructor(constructor)
//@ lazy: say shared main
#include <stdio.h>

static int order;
void say(const char *what) { printf("%d %s\n", order++, what); }
static int shared(int x) { return x * 2; }
static int only_by_constructor(int x) { return x * 3; }

__attribute__((constructor(201))) static void late(void) { say("constructor 201"); order += shared(1); }
__attribute__((constructor(101))) static void early(void) { say("constructor 101"); order += only_by_constructor(1); }
__attribute__((constructor)) static void unordered(void) { say("constructor"); }
__attribute__((destructor(101))) static void last_out(void) { say("destructor 101"); }
__attribute__((destructor(201))) static void first_out(void) { say("destructor 201"); }
__attribute__((destructor)) static void plain_out(void) { say("destructor"); }

int main(void) {
    printf("main %d\n", shared(10));
    return 0;
}
