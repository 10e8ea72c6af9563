// Tables of function pointers, sorted and searched; pointers to lazy functions as keys, before and after first calls.
//@ debugger
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
typedef int function(void);
#define DEFINE(n) static int f##n(void) { return n * n; }
EACH(DEFINE)
#define ENTRY(n) f##n,
static function *const table[] = {EACH(ENTRY)};

static int by_address(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)*(function *const *)a, y = (uintptr_t)*(function *const *)b;
    return (x > y) - (x < y);
}

static int index_of(function *f) {
    for (int i = 0; i < 10; i++)
        if (table[i] == f) return i;
    return -1;
}

int main(void) {
    function *sorted[10];
    for (int i = 0; i < 10; i++) sorted[i] = table[9 - i];
    qsort(sorted, 10, sizeof *sorted, by_address);
    int sum = 0;
    for (int i = 0; i < 10; i++) sum += sorted[i]() * (index_of(sorted[i]) + 1);
    printf("%d\n", sum);
    for (int i = 0; i < 10; i++) {
        function **found = bsearch(&table[i], sorted, 10, sizeof *sorted, by_address);
        printf("%d ", found ? (*found)() : -1);
    }
    printf("%d\n", index_of((function *)main));
    return 0;
}
