// Common symbols: tentative definitions in two units are one variable, as large as the larger.
//@ flags: -fcommon
//@ links: pie no-pie
//@ extra: common_other.c
#include <stdio.h>

int shared_counter;
char buffer[10];
double aligned_value __attribute__((aligned(64)));
int *counter_elsewhere(void);
char *buffer_elsewhere(void);
void bump(void);

int main(void) {
    shared_counter = 5;
    bump();
    printf("%d %d %d\n", shared_counter, &shared_counter == counter_elsewhere(), buffer == buffer_elsewhere());
    printf("%s %d\n", buffer, (int)((unsigned long)&aligned_value % 64));
    return 0;
}
