// va_arg of structs of every class, of long double and of __int128.
//@ lazy: walk
#include <stdarg.h>
#include <stdio.h>

struct integers { long a, b; };
struct floats { float x, y, z; };
struct mixed { double d; int i; };
struct large { int v[10]; };
struct tiny { char c[3]; };
struct extended { long double x; };

void walk(const char *types, ...) {
    va_list list;
    va_start(list, types);
    for (; *types; types++) {
        switch (*types) {
        case 'i': { struct integers s = va_arg(list, struct integers); printf(" i%ld,%ld", s.a, s.b); break; }
        case 'f': { struct floats s = va_arg(list, struct floats); printf(" f%g,%g,%g", s.x, s.y, s.z); break; }
        case 'm': { struct mixed s = va_arg(list, struct mixed); printf(" m%g,%d", s.d, s.i); break; }
        case 'l': { struct large s = va_arg(list, struct large); printf(" l%d,%d", s.v[0], s.v[9]); break; }
        case 't': { struct tiny s = va_arg(list, struct tiny); printf(" t%.3s", s.c); break; }
        case 'x': { struct extended s = va_arg(list, struct extended); printf(" x%Lg", s.x); break; }
        case 'L': printf(" L%Lg", va_arg(list, long double)); break;
        case 'q': { __int128 q = va_arg(list, __int128); printf(" q%llx", (long long)(q >> 64)); break; }
        }
    }
    printf("\n");
    va_end(list);
}

int main(void) {
    struct integers i = {1, -2};
    struct floats f = {1.5f, 2.5f, 3.5f};
    struct mixed m = {4.5, 5};
    struct large l = {{6, [9] = 7}};
    struct tiny t = {"abc"};
    struct extended x = {8.25L};
    __int128 q = (__int128)0x1234 << 64;
    walk("ifmltxLq", i, f, m, l, t, x, 9.5L, q);
    walk("iiiiii", i, i, i, i, i, i);
    walk("mmmmmmmmmm", m, m, m, m, m, m, m, m, m, m);
    walk("ffffffftqxLl", f, f, f, f, f, f, f, t, q, x, 1.L, l);
    return 0;
}
