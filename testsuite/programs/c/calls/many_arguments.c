// Twenty arguments of mixed types, and kilobytes of arguments on the stack.
//@ links: pie no-pie static-pie
#include <stdbool.h>
#include <stdio.h>

struct point { float x, y; };
struct block { long v[100]; };

double twenty(char a, double b, short c, float d, int e, long f, double g, unsigned char h, struct point i, long long j,
              float k, bool l, void *m, double n, int o, struct point p, long double q, unsigned r, double s, long t) {
    return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i.x * 9 + i.y * 10 + j * 11 + k * 12 + l * 13 +
           *(int *)m * 14 + n * 15 + o * 16 + p.x * 17 + p.y * 18 + (double)q * 19 + r * 20 + s * 21 + t * 22;
}

long blocks(struct block a, int i, struct block b, int j, struct block c) { return a.v[i] + b.v[j] * 2 + c.v[i + j] * 3; }

/* Narrow arguments: the caller extends them. */
int narrow(signed char a, unsigned char b, short c, unsigned short d, bool e) { return a * 2 + b * 3 + c * 5 + d * 7 + e; }

int main(void) {
    int seven = 7;
    printf("%.10g\n", twenty('a', 1.5, -3, 2.5f, 5, -6, 7.25, 250, (struct point){1, 2}, 1LL << 33, 0.5f, true, &seven, 3.5,
                             -9, (struct point){3, 4}, 1.25L, 4000000000u, -0.125, -1));
    struct block a, b, c;
    for (int i = 0; i < 100; i++) a.v[i] = i, b.v[i] = i * i, c.v[i] = -i;
    printf("%ld\n", blocks(a, 10, b, 20, c));
    printf("%d\n", narrow(-100, 200, -30000, 60000, 1));
    return 0;
}
