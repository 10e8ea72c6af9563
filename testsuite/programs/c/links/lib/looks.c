//@ part
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int hidden_from_others(void) { return 7; }

/* Opened RTLD_LOCAL: only this library sees its own symbol. */
void look(void) {
    int (*found)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "hidden_from_others");
    printf("%d %d\n", found ? found() : -1, dlsym(RTLD_NEXT, "hidden_from_others") == NULL);
    puts("from the library");
}

int own_namespace(void) {
    Lmid_t mine = -1, other = -1;
    Dl_info info;
    void *self = dlopen("./liblooks.so", RTLD_NOW | RTLD_NOLOAD), *math = dlopen("libm.so.6", RTLD_NOW);
    if (!self || !math || !dladdr((void *)look, &info)) return printf("%s\n", dlerror());
    dlinfo(self, RTLD_DI_LMID, &mine), dlinfo(math, RTLD_DI_LMID, &other);
    return mine == other && mine != LM_ID_BASE;
}
