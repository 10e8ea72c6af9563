// A function that is wrapped and that a shared library refers to, too, without a version (libseccomp has none): BFD takes --wrap for
// both references.
//@ plain-shared: lib/defines_load.c lib/refers_to_load.c
//@ link-flags: ./librefers_to_load.so ./libdefines_load.so -Wl,-rpath,$ORIGIN
// Above -O0, where symbols are not compared: the wrapper is one that the library can see.
//@ opt: O2
//@ lazy: main
#include <stdio.h>

int seccomp_load(void *filter);
int load_twice(void *filter);

int main(void) {
    int filter = 1;
    printf("%d\n", seccomp_load(&filter));
    printf("%d\n", load_twice(&filter));
    return 0;
}
