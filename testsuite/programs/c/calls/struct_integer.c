// Structs of class INTEGER, passed and returned: every size up to two registers.
//@ links: pie no-pie
#include <stdio.h>

#define SIZES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16)

#define DEFINE(n) \
    struct s##n { unsigned char b[n]; }; \
    struct s##n make##n(int seed) { \
        struct s##n s; \
        for (int i = 0; i < n; i++) s.b[i] = (unsigned char)(seed + i * 7); \
        return s; \
    } \
    unsigned sum##n(struct s##n s, int scale, struct s##n t) { \
        unsigned sum = 0; \
        for (int i = 0; i < n; i++) sum = sum * 3 + s.b[i] * (unsigned)scale + t.b[i]; \
        return sum; \
    }
SIZES(DEFINE)

struct pair { int a; long b; };
struct nested { struct { short s; char c; } in; struct pair *next; };
struct pair swap(struct pair p) { return (struct pair){(int)p.b, p.a}; }
struct nested link(struct nested n, struct pair *p) { n.in.s++; n.next = p; return n; }
struct empty {};
struct empty nothing(struct empty e, int *count) { ++*count; return e; }

int main(void) {
#define USE(n) printf("%d: %u\n", n, sum##n(make##n(n), 5, make##n(n + 1)));
    SIZES(USE)
    struct pair p = swap((struct pair){1, 2});
    struct nested n = link((struct nested){{3, 4}, 0}, &p);
    printf("%d %ld %d %d %d\n", p.a, p.b, n.in.s, n.in.c, n.next->a);
    int count = 0;
    nothing(nothing((struct empty){}, &count), &count);
    printf("%d\n", count);
    return 0;
}
