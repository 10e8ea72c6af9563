// Weak definitions, overridden and not; weak undefined functions and variables, tested for null.
//@ links: pie no-pie static lld shared
//@ extra: weak_strong.c
#include <stdio.h>

__attribute__((weak)) int overridden(void) { return 1; }
__attribute__((weak)) int kept(void) { return 2; }
__attribute__((weak)) int weak_data = 3;
__attribute__((weak)) int lost(void);
__attribute__((weak)) int found(void);
__attribute__((weak)) extern int lost_data;
__attribute__((weak)) extern int found_data;
int overridden_elsewhere(void);

int main(void) {
    printf("%d %d %d %d\n", overridden(), kept(), weak_data, overridden_elsewhere());
    printf("%d %d %d %d\n", lost != NULL, found != NULL, &lost_data != NULL, &found_data != NULL);
    if (found) printf("%d\n", found());
    if (lost) printf("%d\n", lost());
    if (&found_data) printf("%d\n", found_data);
    int (*p)(void) = overridden;
    printf("%d\n", p());
    return 0;
}
