// Aliases of functions and data, also weak, hidden and static ones, and weakref.
//@ links: pie shared lld
#include <stdio.h>

int original(int x) { return x * 3; }
extern int other_name(int x) __attribute__((alias("original")));
extern int weak_name(int x) __attribute__((weak, alias("original")));
extern int hidden_name(int x) __attribute__((visibility("hidden"), alias("original")));
static int local(int x) { return x * 5; }
extern int exported_local(int x) __attribute__((alias("local")));
static int static_name(int x) __attribute__((alias("local")));
static int reference(int x) __attribute__((weakref("original")));
static int missing(int x) __attribute__((weakref("not_there_at_all")));
int data = 7;
extern int data_name __attribute__((alias("data")));

int main(void) {
    printf("%d %d %d %d\n", original(1), other_name(2), weak_name(3), hidden_name(4));
    printf("%d %d %d\n", exported_local(5), static_name(6), reference(7));
    printf("%d %d %d\n", other_name == original, exported_local == local, weak_name == hidden_name);
    printf("%d\n", missing != NULL);
    data_name = 8;
    printf("%d %d\n", data, &data == &data_name);
    return 0;
}
