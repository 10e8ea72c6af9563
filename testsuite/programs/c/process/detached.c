// A program that becomes a daemon by the book, and makes its first calls only then.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int work(int x) { return x * x; }
static void detach(void) {
    if (fork() > 0) _exit(0);
    setsid();
    if (fork() > 0) _exit(0);
    umask(0);
    if (chdir("/") != 0) _exit(1);
}

int main(void) {
    int ends[2];
    if (pipe(ends) != 0) return 1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        detach();
        char text[50];
        int n = snprintf(text, sizeof text, "from afar %d", work(12));
        return write(ends[1], text, (size_t)n) == n ? 0 : 1;
    }
    close(ends[1]);
    char buffer[50] = {0};
    size_t length = 0;
    ssize_t n;
    while ((n = read(ends[0], buffer + length, sizeof buffer - 1 - length)) > 0) length += (size_t)n;
    printf("%s %d\n", buffer, work(3));
    return 0;
}
