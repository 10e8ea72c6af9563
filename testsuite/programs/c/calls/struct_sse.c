// Structs of class SSE and of both classes, passed and returned.
#include <stdio.h>

struct f1 { float a; };
struct f2 { float a, b; };
struct f3 { float a, b, c; };
struct f4 { float a, b, c, d; };
struct d1 { double a; };
struct d2 { double a, b; };
struct fd { float f; double d; };
struct id { int i; double d; };
struct di { double d; int i; };
struct fi { float f; int i; };
struct ffi { float f, g; int i; };
union u { double d; long l; };

struct f1 g1(struct f1 s) { s.a += 1; return s; }
struct f2 g2(struct f2 s) { return (struct f2){s.b, s.a}; }
struct f3 g3(struct f3 s) { return (struct f3){s.c, s.a, s.b}; }
struct f4 g4(struct f4 s) { return (struct f4){s.d, s.c, s.b, s.a}; }
struct d1 h1(struct d1 s) { s.a *= 2; return s; }
struct d2 h2(struct d2 s) { return (struct d2){s.b, s.a}; }
struct fd m1(struct fd s) { return (struct fd){(float)s.d, s.f}; }
struct id m2(struct id s) { return (struct id){(int)s.d, s.i}; }
struct di m3(struct di s) { return (struct di){s.i, (int)s.d}; }
struct fi m4(struct fi s) { return (struct fi){(float)s.i, (int)s.f}; }
struct ffi m5(struct ffi s) { return (struct ffi){s.g, s.f, s.i + 1}; }
union u m6(union u v) { v.l ^= 1L << 52; return v; }

/* More of them than there are registers. */
double many(struct d2 a, struct f2 b, struct di c, struct d2 d, struct id e, struct d2 f, struct ffi g, struct fd h) {
    return a.a + 2 * a.b + 3 * b.a + 4 * b.b + 5 * c.d + 6 * c.i + 7 * d.a + 8 * d.b + 9 * e.i + 10 * e.d + 11 * f.a +
           12 * f.b + 13 * g.f + 14 * g.g + 15 * g.i + 16 * h.f + 17 * h.d;
}

int main(void) {
    struct f3 c = g3((struct f3){1, 2, 3});
    struct f4 d = g4((struct f4){1, 2, 3, 4});
    printf("%g %g\n", g1((struct f1){1}).a, g2((struct f2){1, 2}).a);
    printf("%g %g %g %g %g %g %g\n", c.a, c.b, c.c, d.a, d.b, d.c, d.d);
    printf("%g %g\n", h1((struct d1){1.25}).a, h2((struct d2){1, 2.5}).a);
    struct fd e = m1((struct fd){1.5f, 2.5});
    struct id f = m2((struct id){3, 4.5});
    struct di g = m3((struct di){5.5, 6});
    struct fi h = m4((struct fi){7.5f, 8});
    struct ffi i = m5((struct ffi){9.5f, 10.5f, 11});
    printf("%g %g %d %g %g %d %g %d %g %g %d\n", e.f, e.d, f.i, f.d, g.d, g.i, h.f, h.i, i.f, i.g, i.i);
    printf("%g\n", m6((union u){.d = 1.0}).d);
    printf("%g\n", many((struct d2){1, 2}, (struct f2){3, 4}, (struct di){5, 6}, (struct d2){7, 8}, (struct id){9, 10},
                        (struct d2){11, 12}, (struct ffi){13, 14, 15}, (struct fd){16, 17}));
    return 0;
}
