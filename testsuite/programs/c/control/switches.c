// Jump tables, sparse switches, ranges, 64-bit and string switches, fall through, Duff's device.
#include <stdio.h>
#include <string.h>

#define CASE(n) case n: return n * 7 % 101;
#define TEN(n) CASE(n##0) CASE(n##1) CASE(n##2) CASE(n##3) CASE(n##4) CASE(n##5) CASE(n##6) CASE(n##7) CASE(n##8) CASE(n##9)
static int dense(int n) {
    switch (n) {
        TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) TEN(12) TEN(13) TEN(14) TEN(15)
    default: return -n;
    }
}
static int sparse(int n) {
    switch (n) {
    case -1000000: return 1;
    case 0: return 2;
    case 77: return 3;
    case 4096: return 4;
    case 0x7fffffff: return 5;
    case 100 ... 200: return 6;
    default: return 7;
    }
}
static const char *wide(unsigned long long n) {
    switch (n) {
    case 0x100000000ull: return "2^32";
    case ~0ull: return "all";
    case 1ull << 63: return "top";
    default: return "other";
    }
}
static int fall(int n) {
    int r = 0;
    switch (n) {
    case 3: r += 100; /* fall through */
    case 2: r += 10; /* fall through */
    case 1: r += 1; break;
    default: r = -1;
    }
    return r;
}
static int word(const char *s) {
    switch (s[0]) {
    case 'b': return strcmp(s, "begin") == 0 ? 1 : strcmp(s, "break") == 0 ? 2 : 0;
    case 'e': return strcmp(s, "end") == 0 ? 3 : 0;
    default: return 0;
    }
}
static void duff(char *to, const char *from, int count) {
    int n = (count + 3) / 4;
    switch (count % 4) {
    case 0: do { *to++ = *from++;
    case 3:      *to++ = *from++;
    case 2:      *to++ = *from++;
    case 1:      *to++ = *from++;
            } while (--n > 0);
    }
}

int main(void) {
    long sum = 0;
    for (int i = 0; i < 200; i++) sum = sum * 3 + dense(i);
    printf("%ld\n", sum);
    printf("%d %d %d %d %d %d %d\n", sparse(-1000000), sparse(0), sparse(77), sparse(4096), sparse(0x7fffffff), sparse(150), sparse(201));
    printf("%s %s %s %s\n", wide(1ull << 32), wide(~0ull), wide(1ull << 63), wide(3));
    printf("%d %d %d %d\n", fall(1), fall(2), fall(3), fall(4));
    printf("%d %d %d %d\n", word("begin"), word("break"), word("end"), word("x"));
    char b[12] = {0};
    duff(b, "hello world", 11);
    printf("%s\n", b);
    return 0;
}
