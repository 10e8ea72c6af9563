// Checked functions of the C library (-D_FORTIFY_SOURCE) become plain ones where sizes are known or don't matter: the
// optimizer, and code generation by itself, then call what the program does not name.
//@ flags: -D_FORTIFY_SOURCE=2
//@ links: pie static lld
//@ debugger
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__attribute__((noinline)) static void set(char *to, size_t n) { memset(to, 'y', n); }
__attribute__((noinline)) static void copy(char *to, const char *from, size_t n) { memcpy(to, from, n); }
__attribute__((noinline)) static void move(char *to, const char *from, size_t n) { memmove(to, from, n); }
__attribute__((noinline)) static void backwards(char *to, const char *from, size_t n) { bcopy(from, to, n); }
__attribute__((noinline)) static void clear(char *to, size_t n) { bzero(to, n); }
__attribute__((noinline)) static void name(char *to) { strcpy(to, "a name that is long enough for a call of memcpy, or nearly"); }
__attribute__((noinline)) static char *end(char *to) { return stpcpy(to, "another name, also long enough for that, which is not sure"); }
__attribute__((noinline)) static void add(char *to) { strcat(to, " and something behind it, at a place that is not known"); }
__attribute__((noinline)) static void padded(char *to) { strncpy(to, "padded", 90); }
__attribute__((noinline)) static void print(char *to, const char *what) { sprintf(to, "%s", what); }
__attribute__((noinline)) static int format(char *to, const char *what) { return snprintf(to, 50, "%s!", what); }

int main(int argc, char **argv) {
    size_t size = 1000 * (size_t)argc;
    char *a = malloc(size), *b = malloc(size);
    set(a, size - 1), a[size - 1] = 0;
    copy(b, a, size), printf("%c%zu\n", b[17], strlen(b));
    move(b + 1, b, 100), backwards(b + 2, b, 100), printf("%c%zu\n", b[3], strlen(b));
    clear(b + 5, size - 5), printf("%zu\n", strlen(b));
    name(a), printf("%s\n", a);
    printf("%ld\n", (long)(end(a) - a)), add(a), puts(a);
    padded(b), printf("%s %d\n", b, b[89]);
    print(b, a), puts(b), printf("%d\n", format(b, "short"));
    free(a), free(b);
    return argv[argc] != NULL;
}
