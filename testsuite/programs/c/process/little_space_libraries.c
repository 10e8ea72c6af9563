// Several lazy libraries in little address space (`ulimit -v`): one leaves room for the others, and for the program.
//@ shared: lib/little_1.c lib/little_2.c lib/little_3.c lib/little_4.c lib/little_5.c
//@ link-flags: ./liblittle_1.so ./liblittle_2.so ./liblittle_3.so ./liblittle_4.so ./liblittle_5.so -Wl,-rpath,$ORIGIN
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int little_1(int), little_2(int), little_3(int), little_4(int), little_5(int);

static int all(int n) { return little_1(n) + little_2(n) + little_3(n) + little_4(n) + little_5(n); }

int main(int count, char **arguments) {
    if (count > 1) {
        char *room = malloc(32 << 20);
        if (room == NULL) return 3;
        memset(room, 1, 32 << 20);
        printf("%d\n", all(count) + room[count]);
        return 0;
    }
    struct rlimit little = {100 << 20, 100 << 20};
    if (setrlimit(RLIMIT_AS, &little) != 0) return 1;
    char *again[] = {arguments[0], "again", NULL};
    fflush(stdout);
    execv("/proc/self/exe", again);
    return 2;
}
