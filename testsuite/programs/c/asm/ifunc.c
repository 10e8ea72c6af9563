// ifunc: resolvers run while the program is being relocated; what they choose may be lazy.
//@ links: pie static no-pie lld
//@ static: resolve(ifunc) choose(ifunc) resolve_local(ifunc)
//@ lazy: first second main
#include <stdio.h>

static int first(int x) { return x + 1; }
static int second(int x) { return x + 2; }
typedef int function(int);
static int choose(void) { return 1; }
static function *resolve(void) { return choose() ? second : first; }
int selected(int x) __attribute__((ifunc("resolve")));
static function *resolve_local(void) { return first; }
static int selected_local(int x) __attribute__((ifunc("resolve_local")));

int main(void) {
    function *volatile p = selected;
    printf("%d %d %d\n", selected(1), p(10), selected_local(5));
    printf("%d\n", p == selected);
    return 0;
}
