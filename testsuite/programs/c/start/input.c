// stdin is the program's alone.
//@ stdin: first line\nsecond line\n42 3.5 word\n
#include <stdio.h>

static int lines(void) { char b[100]; int n = 0; while (n < 2 && fgets(b, sizeof b, stdin)) { printf("%d: %s", n, b); n++; } return n; }
static int scan(void) { int i; double d; char w[20]; int n = scanf("%d %lf %19s", &i, &d, w); printf("%d %g %s\n", i, d, w); return n; }

int main(void) {
    int a = lines(), b = scan();
    printf("%d %d %d\n", a, b, getchar() == '\n' && getchar() == EOF);
    return 0;
}
