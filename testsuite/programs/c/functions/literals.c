// Constants of functions: the same literal is one object to clang in a unit, and what a function returned stays.
#include <stdio.h>
#include <string.h>

static const char *first(void) { return "a shared literal"; }
static const char *second(void) { return "a shared literal"; }
static const char *itself(void) { return __func__; }
static const int *numbers(int which) {
    static const int primes[] = {2, 3, 5, 7}, squares[] = {1, 4, 9};
    return which ? primes : squares;
}
static const double *constant(void) { static const double pi = 3.25; return &pi; }
struct record { char text[24]; int n; };
static struct record record(void) { struct record r = {"initialized from data", 5}; return r; }
const char *const names[] = {"zero", "one", "a shared literal"};

int main(void) {
    const char *a = first(), *b = first();
    printf("%d %d\n", a == b, a == second());
    printf("%d %s\n", a == names[2], itself());
    printf("%d %d %g\n", numbers(1)[3], numbers(0)[2], *constant());
    printf("%d %d\n", numbers(1) == numbers(1), constant() == constant());
    struct record r = record();
    printf("%s %d %zu\n", r.text, r.n, strlen(first()));
    return 0;
}
