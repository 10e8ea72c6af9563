// Variadic definitions that take integers: few, and more than fit into registers; va_copy.
//@ links: pie no-pie static
//@ opt: O0 O0+g
//@ lazy: sum twice total
#include <stdarg.h>
#include <stdio.h>

static long total(int count, va_list list) {
    long result = 0;
    for (int i = 0; i < count; i++)
        result = result * 3 + va_arg(list, int);
    return result;
}

long sum(int count, ...) {
    va_list list;
    va_start(list, count);
    long result = total(count, list);
    va_end(list);
    return result;
}

long twice(int count, ...) {
    va_list first, second;
    va_start(first, count);
    va_copy(second, first);
    long result = total(count, first) * 1000 + total(count, second);
    va_end(second);
    va_end(first);
    return result;
}

int main(void) {
    printf("%ld %ld %ld\n", sum(0), sum(1, 7), sum(5, 1, 2, 3, 4, 5));
    printf("%ld\n", sum(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    printf("%ld %ld\n", twice(3, 4, 5, 6), twice(8, 1, 2, 3, 4, 5, 6, 7, 8));
    return 0;
}
