// goto in and out of blocks, statement expressions, the conditional operator without a middle, comma, nested loops.
#include <stdio.h>

#define MAX(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
static int calls;
static int count(int x) { calls++; return x; }

static int find(int wanted) {
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 20; j++)
            if (i * j == wanted) {
                calls = i * 100 + j;
                goto found;
            }
    return 0;
found:
    return calls;
}
static int into_block(int n) {
    int r = 0;
    if (n > 2) goto inside;
    r = 1;
    {
        r += 10;
    inside:
        r += 100;
    }
    return r;
}
static int parse(const char *s) {
    int value = 0, sign = 1;
start:
    switch (*s++) {
    case ' ': goto start;
    case '-': sign = -sign; goto start;
    case '0' ... '9': value = value * 10 + s[-1] - '0'; goto start;
    case 0: return sign * value;
    default: return -1;
    }
}

int main(void) {
    printf("%d", MAX(count(3), count(7)));
    printf(" %d\n", calls);
    printf("%d %d\n", count(0) ?: 5, count(6) ?: count(7));
    printf("%d\n", calls);
    printf("%d %d %d\n", find(35), find(361), find(23));
    printf("%d %d %d\n", into_block(1), into_block(3), parse(" - 1 2-3 - 4"));
    int x = ({ int y = 0; for (int i = 0; i < 5; i++) { if (i == 3) continue; y += i; } y; });
    printf("%d %d\n", x, (count(1), count(2)));
    return 0;
}
