// Library functions that the optimizer makes calls of or takes out.
//@ opt: O2 O2+ffast-math O2+fno-math-errno O2+fno-builtin O3+march=native
//@ link-flags: -lm
#include <math.h>
#include <stdio.h>
#include <string.h>

static double both(double x) { return sin(x) + cos(x); }
static float both_f(float x) { return sinf(x) * cosf(x); }
static double powers(double x, int n) { return pow(x, n) + pow(x, 2) + pow(10, x); }
static int equal(const char *a, const char *b, size_t n) { return memcmp(a, b, n) == 0; }
static void fill(double *p, int n, double x) { for (int i = 0; i < n; i++) p[i] = floor(x * i) + sqrt(i); }
static void shift(int *p, int n) { for (int i = 0; i + 1 < n; i++) p[i] = p[i + 1]; }

int main(int argc, char **argv) {
    double d[64];
    int n[64];
    fill(d, 64, argc + 0.5);
    for (int i = 0; i < 64; i++)
        n[i] = (int)d[i];
    shift(n, 64);
    printf("%.6f %.4f %.6f\n", both(argc), (double)both_f((float)argc), powers(argc + 0.5, 3));
    printf("%d %d %.3f\n", n[0], n[62], d[63]);
    printf("%d\n", equal(argv[0], argv[0], 2));
    printf("done\n");
    printf("%s\n", "string");
    return 0;
}
