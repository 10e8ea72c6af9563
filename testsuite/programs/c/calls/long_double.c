// x87: long double arguments, results, structs with one, and complex ones.
#include <complex.h>
#include <stdio.h>

struct one { long double x; };
struct two { long double x, y; };

long double half(long double x) { return x / 2; }
long double many(int a, long double x, double b, long double y, float c, long double z) {
    return a + x * 2 + b * 3 + y * 4 + c * 5 + z * 6;
}
struct one wrap(long double x) { return (struct one){x + 1}; }
struct two both(struct one a, struct one b) { return (struct two){b.x, a.x}; }
_Complex long double rotate(_Complex long double z) { return z * (0 + 1.0iL); }

int main(void) {
    printf("%Lg %Lg\n", half(3), many(1, 2, 3, 4, 5, 6));
    struct two t = both(wrap(1), wrap(2));
    printf("%Lg %Lg\n", t.x, t.y);
    _Complex long double z = rotate(1.5L + 2.5iL);
    printf("%Lg %Lg\n", creall(z), cimagl(z));
    printf("%d\n", half(1.0L / 3) * 2 == 1.0L / 3);
    return 0;
}
