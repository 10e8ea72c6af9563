// Structs of class MEMORY: returned through a hidden pointer, passed on the stack; both in one function.
//@ links: pie static
//@ opt: O0 O0+g
#include <stdio.h>
#include <string.h>

struct big { long v[5]; };
struct huge { char text[3000]; int n; };
struct packed { char c; double d; } __attribute__((packed));
struct aligned { int v; } __attribute__((aligned(64)));

struct big make(long a, long b, long c, long d, long e) { return (struct big){{a, b, c, d, e}}; }
struct big reverse(struct big s) { return make(s.v[4], s.v[3], s.v[2], s.v[1], s.v[0]); }
struct big combine(int i, struct big a, double d, struct big b, char c) {
    struct big r;
    for (int k = 0; k < 5; k++) r.v[k] = a.v[k] * i + (long)(b.v[k] * d) + c;
    return r;
}
struct huge fill(struct huge h, const char *text, int n) {
    for (int i = 0; i < n; i++) memcpy(h.text + i * strlen(text), text, strlen(text) + 1);
    h.n += n;
    return h;
}
struct packed twist(struct packed p) { p.c++; p.d /= 4; return p; }
struct aligned raise(struct aligned a, int by) { a.v += by; return a; }
int is_aligned(struct aligned a) { return (unsigned long)&a % 64 == 0; }

int main(void) {
    struct big a = make(1, 2, 3, 4, 5), b = reverse(a);
    struct big c = combine(10, a, 0.5, b, 7);
    for (int k = 0; k < 5; k++) printf("%ld %ld %ld\n", a.v[k], b.v[k], c.v[k]);
    struct huge h = {.n = 1};
    h = fill(fill(h, "lazy ", 3), "body ", 500);
    printf("%d %zu %.12s\n", h.n, strlen(h.text), h.text + 1000);
    struct packed p = twist((struct packed){'a', 10});
    printf("%c %g\n", p.c, p.d);
    struct aligned s = raise((struct aligned){40}, 2);
    printf("%d %d\n", s.v, is_aligned(s));
    struct big (*pointer)(struct big) = reverse;
    printf("%ld\n", pointer(pointer(pointer(a))).v[0]);
    return 0;
}
