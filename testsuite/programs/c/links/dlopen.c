// A lazy library that is opened, used, closed, and opened again; its state is new each time.
//@ shared: lib/plugin.c
//@ links: pie no-pie lld
//@ link-flags: -ldl -rdynamic
//@ static: loaded(constructor) unloaded(constructor)
#include <dlfcn.h>
#include <stdio.h>

int from_program(int x) { return x + 7; }
typedef int function(int);

static int use(int round, int mode) {
    void *library = dlopen("./libplugin.so", mode);
    if (!library) { printf("%s\n", dlerror()); return -1; }
    function *step = (function *)dlsym(library, "step"), *call = (function *)dlsym(library, "call_program");
    int (*count)(void) = (int (*)(void))dlsym(library, "count");
    function **table = (function **)dlsym(library, "table");
    int result = step(round) + step(round + 1) * 10 + call(round) * 1000 + table[1](5);
    printf("%d %d %d %d\n", result, count(), table[0] == step, dlsym(library, "hidden_step") == NULL);
    fflush(stdout);
    return dlclose(library);
}

int main(void) {
    for (int round = 0; round < 4; round++)
        if (use(round, round % 2 ? RTLD_LAZY : RTLD_NOW) != 0) return 1;
    printf("%d\n", dlopen("./libplugin.so", RTLD_NOLOAD | RTLD_NOW) == NULL);
    return 0;
}
