// argv and environ are what the caller gave, and nothing is added to them.
//@ args: one "two words" "" last
//@ env: MARKER=here EMPTY=
//@ links: pie static
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;
static int count(char **list) { int n = 0; while (list[n]) n++; return n; }
static int mentions(const char *word) {
    for (char **e = environ; *e; e++)
        if (strcasestr(*e, word)) return 1;
    return 0;
}

int main(int argc, char **argv, char **envp) {
    for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
    printf("\n%d %d %d\n", count(argv), argv[argc] == NULL, count(envp));
    printf("%s [%s] %d %d\n", getenv("MARKER"), getenv("EMPTY"), getenv("AUTOJIT_DAEMON") != NULL, mentions("autojit"));
    for (char **e = envp; *e; e++) printf("%.*s ", (int)strcspn(*e, "="), *e);
    printf("\n");
    setenv("NEW", "value", 1);
    printf("%s %d\n", getenv("NEW"), count(environ));
    return 0;
}
