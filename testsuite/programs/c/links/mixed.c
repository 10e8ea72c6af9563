// Lazy and plain objects in one program: calls, data and function pointers in both directions.
//@ links: all
//@ plain: lib/mixed_plain.c
//@ extra: lib/mixed_lazy.c
#include <stdio.h>

typedef int function(int);
int plain_calls_lazy(int x);
int plain_only(int x);
int lazy_calls_plain(int x);
function *plain_pointer(int which);
extern function *plain_table[3];
extern int plain_data;
int lazy_data = 5;

int called_by_plain(int x) { return x * 2 + lazy_data; }
__attribute__((weak)) int weak_in_lazy(int x) { return x + 1; }
__attribute__((visibility("hidden"))) int hidden_in_lazy(int x) { return x + 2; }
static int local(int x) { return x + 3; }
int apply(function *f, int x) { return f(x); }
function *address_here(void) { return called_by_plain; }

int main(void) {
    printf("%d %d %d\n", plain_calls_lazy(1), plain_only(2), lazy_calls_plain(3));
    for (int i = 0; i < 3; i++) printf("%d ", apply(plain_pointer(i), 10));
    for (int i = 0; i < 3; i++) printf("%d ", plain_table[i](20));
    printf("\n%d %d %d\n", plain_table[0] == called_by_plain, plain_pointer(1) == plain_only, weak_in_lazy(1));
    plain_data += 10;
    printf("%d %d %d\n", plain_data, lazy_data, apply(local, 7));
    return 0;
}
