// Bitfields: signed, unsigned, across units, packed, volatile, zero width, in unions.
#include <stdio.h>
#include <string.h>

struct flags { unsigned a : 1, b : 3, c : 12; signed d : 5; unsigned long e : 40; _Bool f : 1; };
struct split { unsigned a : 5; unsigned : 0; unsigned b : 7; char c; unsigned d : 30; };
struct packed { unsigned a : 5; unsigned long b : 37; unsigned c : 13; } __attribute__((packed));
union view { struct { unsigned low : 4, high : 4; } nibbles; unsigned char byte; };
enum color { red, green, blue };
struct pixel { enum color color : 2; unsigned level : 6; };

static struct flags set(int i) { return (struct flags){i & 1, (unsigned)i, (unsigned)i * 3, i - 16, (unsigned long)i << 30, i > 3}; }
static unsigned long get(const struct flags *f) { return f->a + f->b * 10 + f->c * 100 + (unsigned long)(f->d + 16) * 1000000 + f->e * 3 + f->f; }
static void increment(struct packed *p) { p->a++; p->b--; p->c += 5; }
static unsigned swap(unsigned char b) { union view v; v.byte = b; unsigned t = v.nibbles.low; v.nibbles.low = v.nibbles.high; v.nibbles.high = t; return v.byte; }

int main(void) {
    for (int i = 0; i < 20; i += 7) { struct flags f = set(i); printf("%lu ", get(&f)); }
    struct packed p = {31, 0, 8190};
    increment(&p);
    printf("\n%u %lu %u %zu %zu %zu\n", p.a, (unsigned long)p.b, p.c, sizeof(struct flags), sizeof(struct split), sizeof p);
    volatile struct split s = {1, 2, 'c', 1u << 29};
    s.a |= 30; s.d >>= 3;
    struct pixel x = {blue, 63};
    x.level += 2;
    printf("%u %u %c %u %u %d %u\n", s.a, s.b, s.c, s.d, swap(0x4f), x.color, x.level);
    return 0;
}
