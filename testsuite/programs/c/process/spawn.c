// posix_spawn, system and popen, in both directions, and a pipe whose other end must close by itself.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int spawn(char **argv) {
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0) return -1;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}
static int read_from(const char *command) {
    char line[100];
    int lines = 0;
    FILE *f = popen(command, "r");
    while (fgets(line, sizeof line, f)) { printf("> %s", line); lines++; }
    return lines * 100 + WEXITSTATUS(pclose(f));
}
static int write_to(const char *command) {
    FILE *f = popen(command, "w");
    for (int i = 3; i > 0; i--) fprintf(f, "line %d\n", i);
    return WEXITSTATUS(pclose(f));
}

int main(int argc, char **argv) {
    if (argc > 1) {
        printf("child says %s\n", argv[1]);
        return 6;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("%d\n", spawn((char *[]){"/bin/echo", "spawned", NULL}));
    printf("%d\n", spawn((char *[]){argv[0], "hello", NULL}));
    printf("%d\n", WEXITSTATUS(system("echo from a shell; exit 4")));
    printf("%d\n", read_from("echo one; echo two; exit 5"));
    printf("%d\n", write_to("sort; exit 3"));
    char command[200];
    snprintf(command, sizeof command, "%s piped | cat", argv[0]);
    printf("%d\n", read_from(command));
    return 0;
}
