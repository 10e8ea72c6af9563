// Two names of one variable: what is written by one is read by the other.
//@ opt: O0 O1 O2 Os
//@ links: pie no-pie static shared lld
//@ debugger
#include <stdio.h>

struct pair {
    int first, second;
};
__attribute__((weak)) int level = 7;
extern int own_level __attribute__((alias("level")));
int plain = 3;
extern int other_plain __attribute__((alias("plain")));
extern int maybe_plain __attribute__((weak, alias("plain")));
static struct pair pair = {1, 2};
extern struct pair other_pair __attribute__((alias("pair"), visibility("hidden")));
struct pair pairs[4];
extern struct pair other_pairs[4] __attribute__((alias("pairs")));
int *const place = &maybe_plain;
static int *const places[] = {&other_plain, &own_level};

__attribute__((noinline)) static int weak(void) {
    level = 1;
    own_level = 2;
    return level;
}
__attribute__((noinline)) static int strong(int n) {
    plain = n;
    other_plain = n + 1;
    int between = plain;
    maybe_plain = n + 2;
    return between * 100 + plain;
}
__attribute__((noinline)) static int within(int n) {
    pair.second = n;
    other_pair.second += n;
    pairs[n].second = 5;
    other_pairs[n].second = 6;
    pairs[2].first = 7;
    int *which = n > 3 ? &other_pairs[2].first : &other_pairs[3].first;
    *which = 8;
    return pair.second * 100 + pairs[n].second * 10 + pairs[2].first;
}
__attribute__((noinline)) static int pointers(int n) {
    plain = n;
    *place = n + 1;
    int between = plain;
    *places[0] = n + 2;
    level = n;
    *places[1] = n + 3;
    return between * 100 + plain * 10 + level;
}

int main(void) {
    printf("%d %d %d %d\n", weak(), strong(1), within(1), pointers(1));
    printf("%d %d\n", &plain == &other_plain, &pair.second == &other_pair.second);
    printf("%d\n", &plain == &level);
    return 0;
}
