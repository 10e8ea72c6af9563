// A lazy program with a lazy and a plain shared library: interposition, data, callbacks, pointers compared.
//@ links: pie no-pie lld
//@ shared: lib/first.c
//@ plain-shared: lib/second.c
//@ link-flags: ./libfirst.so ./libsecond.so -Wl,-rpath,$ORIGIN
#include <stdio.h>

typedef int function(int);
int first(int x), second(int x), second_calls(function *f, int x);
int *first_data_address(void);
function *first_address(void);
extern int first_data;

/* Overrides the libraries' own definition, also for their own calls. */
int overridden(int x) { return x + 1000; }
static int callback(int x) { return x * x; }

int main(void) {
    printf("%d %d\n", first(1), second(2));
    printf("%d\n", second_calls(callback, 12));
    printf("%d %d\n", first_address() == first, first_data_address() == &first_data);
    first_data = 77;
    printf("%d %d\n", *first_data_address(), second_calls(first, 3));
    return 0;
}
