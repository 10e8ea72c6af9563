// Variadic definitions that take floating point numbers: %al says how many vector registers count.
//@ lazy: mean mixed
#include <stdarg.h>
#include <stdio.h>

double mean(int count, ...) {
    va_list list;
    va_start(list, count);
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += va_arg(list, double);
    va_end(list);
    return sum / count;
}

double mixed(const char *types, ...) {
    va_list list;
    va_start(list, types);
    double result = 0;
    for (; *types; types++) {
        switch (*types) {
        case 'i': result = result * 2 + va_arg(list, int); break;
        case 'l': result = result * 2 + (double)va_arg(list, long long); break;
        case 'd': result = result * 2 + va_arg(list, double); break;
        case 'L': result = result * 2 + (double)va_arg(list, long double); break;
        case 'p': result = result * 2 + *va_arg(list, int *); break;
        }
    }
    va_end(list);
    return result;
}

int main(void) {
    int five = 5;
    printf("%.17g\n", mean(3, 1.5, 2.5, 3.75));
    printf("%.17g\n", mean(11, 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11.));
    printf("%.17g\n", mixed("idilLdp", 1, 2.5, 3, 1LL << 40, 5.25L, 6.125, &five));
    printf("%.17g\n", mixed("LLidLidLiiiiiidp", 1.5L, 2.5L, 1, 2., 3.L, 4, 5., 6.L, 7, 8, 9, 10, 11, 12, 13., &five));
    return 0;
}
