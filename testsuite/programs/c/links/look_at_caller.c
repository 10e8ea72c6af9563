// Functions of the C library that look where they are called from, called from lazy code.
//@ shared: lib/looks.c
//@ links: pie no-pie lld
//@ flags: -ffunction-sections
//@ link-flags: -rdynamic -Wl,--gc-sections
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

/* Overrides the C library's, for the library too. */
int puts(const char *text) {
    int (*next)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "puts");
    if (!next) return fprintf(stderr, "%s\n", dlerror());
    printf("<");
    return next(text);
}

double cos(double x) { return ((double (*)(double))dlvsym(RTLD_NEXT, "cos", "GLIBC_2.2.5") != NULL) + x; }

static int count(struct dl_phdr_info *info, size_t size, void *data) {
    (void)info, (void)size;
    return ++*(int *)data, 0;
}

static void *(*volatile by_pointer)(void *, const char *) = NULL;

int main(void) {
    puts("hello");
    by_pointer = dlsym;
    printf("%d %d\n", by_pointer(RTLD_DEFAULT, "puts") == (void *)puts, by_pointer(RTLD_DEFAULT, "nothing") == NULL);
    int images = 0;
    dl_iterate_phdr(count, &images);
    printf("%d\n", images > 2);
    void *library = dlopen("./liblooks.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) return printf("%s\n", dlerror()), 1;
    void (*look)(void) = (void (*)(void))dlsym(library, "look");
    look();
    dlclose(library);
    void *apart = dlmopen(LM_ID_NEWLM, "./liblooks.so", RTLD_NOW | RTLD_LOCAL);
    if (!apart) return printf("%s\n", dlerror()), 1;
    int (*own_namespace)(void) = (int (*)(void))dlsym(apart, "own_namespace");
    printf("%d\n", own_namespace());
    fflush(NULL);
    return 0;
}
