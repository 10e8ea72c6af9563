// A function's address is the same everywhere: in initializers, in code, in other units, for static functions too.
//@ links: all
//@ opt: O0 O0+g
//@ extra: pointers_other.c
//@ public: shared_function local target_of_data
//@ private: never_taken
#include <stdio.h>

typedef int function(int);
function shared_function;
function *other_address(void);
function *other_static(void);
int other_calls(function *f, int x);
extern function *const other_table[];

int shared_function(int x) { return x + 1; }
static int local(int x) { return x + 2; }
static int target_of_data(int x) { return x + 3; }
static int never_taken(int x) { return x + 4; }

static function *const table[] = {shared_function, local, target_of_data, shared_function};
static function *variable = local;
struct entry { const char *name; function *f; };
struct entry entries[] = {{"shared", shared_function}, {"local", local}, {"printf", (function *)printf}};

int main(void) {
    function *f = shared_function;
    printf("%d %d %d\n", f == shared_function, f == table[0], f == table[3]);
    printf("%d %d %d\n", f == other_address(), f == other_table[0], other_table[1] == other_static());
    printf("%d %d %d\n", table[1] == local, variable == local, entries[1].f == local);
    printf("%d %d\n", local == other_static(), (void *)entries[2].f == (void *)printf);
    printf("%d %d %d %d\n", f(1), variable(1), table[2](1), never_taken(1));
    /* The same after the first calls. */
    printf("%d %d %d\n", f == shared_function, variable == local, f == other_address());
    printf("%d %d\n", other_calls(local, 10), other_calls(shared_function, 10));
    printf("%d\n", other_table[0] == table[0] && entries[0].f == f);
    return 0;
}
