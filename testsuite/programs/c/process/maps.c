// No mapping of the process is writable and executable at once, and none is readable by name in /tmp.
//@ links: pie static
#include <stdio.h>
#include <string.h>

static int work(int x) { return x * 3; }
static int more(int x) { return work(x) + 1; }

int main(void) {
    int result = work(1) + more(2);
    char line[600];
    int bad = 0, temporary = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) {
        char permissions[8];
        if (sscanf(line, "%*s %7s", permissions) == 1) bad += permissions[1] == 'w' && permissions[2] == 'x';
        temporary += strstr(line, "/dev/shm") != NULL;
    }
    fclose(maps);
    printf("%d %d %d\n", result, bad, temporary);
    return 0;
}
