// _Complex of float, double and int; multiplication and division go to the compiler's runtime library.
//@ link-flags: -lm
#include <complex.h>
#include <stdio.h>

float _Complex addf(float _Complex a, float _Complex b) { return a + b; }
double _Complex add(double _Complex a, double _Complex b) { return a + b; }
double _Complex multiply(double _Complex a, double _Complex b) { return a * b; }
double _Complex divide(double _Complex a, double _Complex b) { return a / b; }
float _Complex multiplyf(float _Complex a, float _Complex b) { return a * b; }
float _Complex dividef(float _Complex a, float _Complex b) { return a / b; }
int _Complex conjugate(int _Complex a) { return ~a; }
struct pair { double _Complex z; };
struct pair through(struct pair p) { p.z = conj(p.z); return p; }

int main(void) {
    float _Complex f = addf(1.5f + 2.0if, 0.5f - 4.0if);
    double _Complex d = add(1 + 2i, 3 - 5i), m = multiply(1 + 2i, 3 - 5i), q = divide(1 + 2i, 3 - 5i);
    float _Complex g = multiplyf(f, f), h = dividef(f, 2 - 1.0if);
    int _Complex c = conjugate(3 + 4i);
    printf("%g %g | %g %g | %g %g | %.15g %.15g\n", crealf(f), cimagf(f), creal(d), cimag(d), creal(m), cimag(m), creal(q), cimag(q));
    printf("%g %g | %.6g %.6g | %d %d\n", crealf(g), cimagf(g), crealf(h), cimagf(h), __real__ c, __imag__ c);
    struct pair p = through((struct pair){5 + 6i});
    printf("%g %g %.12g\n", creal(p.z), cimag(p.z), cabs(p.z));
    return 0;
}
