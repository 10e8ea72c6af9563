// Copies and fills that become library calls or not: large structs, memset, memmove, strings, alignment.
#include <stdio.h>
#include <string.h>

struct big { char data[5000]; };
struct medium { long v[9]; };
struct big source, target;

static void copy_big(struct big *to, const struct big *from) { *to = *from; }
static struct medium copy_medium(struct medium m) { struct medium n = m; n.v[0]++; return n; }
static long zeroed(void) { long v[64] = {0}; v[3] = 1; long s = 0; for (int i = 0; i < 64; i++) s += v[i]; return s; }
static int patterned(void) { char c[200] = "start"; return c[0] + c[5] + c[199]; }
static void overlap(char *p) { memmove(p + 2, p, 10); }
static int filled(int n) { char b[300]; memset(b, n, sizeof b); return b[0] + b[299]; }
static int compare(const char *a, const char *b) { int r = memcmp(a, b, 4); return (r > 0) - (r < 0); }
static size_t build(char *b) { strcpy(b, "one"); strcat(b, "two"); b[3] = 'T'; return strlen(b); }

int main(void) {
    memset(&source, 'x', sizeof source);
    copy_big(&target, &source);
    struct medium m = copy_medium((struct medium){{1, 2, 3, 4, 5, 6, 7, 8, 9}});
    char text[] = "0123456789abcdef", buffer[20];
    overlap(text);
    printf("%d %ld %ld %ld %d\n", target.data[4999], m.v[0], m.v[8], zeroed(), patterned());
    printf("%s %d %d %d\n", text, filled(7), compare("abcd", "abce"), compare("b", "a"));
    printf("%zu %s\n", build(buffer), buffer);
    return 0;
}
