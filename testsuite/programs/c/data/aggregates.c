// Flexible array members, compound literals, designated initializers, unions, anonymous members, nested arrays.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text { size_t length; char data[]; };
struct node { int kind; union { long number; struct { double x, y; }; const char *name; }; struct node *next; };
static struct text fixed = {3, {'a', 'b', 'c'}};
static int sparse[50] = {[3] = 4, [10 ... 12] = 7, [49] = -1};
static struct { int x; struct { int y[3]; char *z; } in[2]; } deep = {.in[1] = {.y = {1, [2] = 3}, .z = "deep"}, .x = 9};
static const int grid[][3] = {{1, 2}, {3, 4, 5}, [4] = {6}};
static int *pointer_into = &sparse[10];
static char mutable_text[] = "mutable";

static struct text *make(const char *s) {
    struct text *t = malloc(sizeof *t + strlen(s) + 1);
    t->length = strlen(s);
    strcpy(t->data, s);
    return t;
}
static long sum(const int *v, int n) { long s = 0; while (n--) s += *v++; return s; }
static double evaluate(const struct node *n) {
    double r = 0;
    for (; n; n = n->next) r += n->kind == 0 ? (double)n->number : n->kind == 1 ? n->x * n->y : (double)strlen(n->name);
    return r;
}
static struct node *chain(void) {
    static struct node last = {.kind = 2, .name = "four"};
    static struct node middle = {.kind = 1, .x = 1.5, .y = 4, .next = &last};
    return &middle;
}

int main(void) {
    struct text *t = make("flexible");
    printf("%zu %s %zu %.3s\n", t->length, t->data, sizeof(struct text), fixed.data);
    free(t);
    printf("%ld %d %d %s %zu\n", sum(sparse, 50), deep.x, deep.in[1].y[2], deep.in[1].z, sizeof grid / sizeof *grid);
    printf("%ld %ld\n", sum((int[]){1, 2, 3, 4}, 4), sum(&((struct { int a[3]; }){{5, 6, 7}}).a[0], 3));
    struct node first = {.kind = 0, .number = 10, .next = chain()};
    printf("%g %g\n", evaluate(&first), evaluate(&(struct node){.kind = 0, .number = -1, .next = &first}));
    mutable_text[0] = 'M';
    *pointer_into += 100;
    printf("%s %d %zu\n", mutable_text, sparse[10], offsetof(struct node, next));
    const char *p = (const char *){"literal"};
    printf("%s %c\n", p, "indexed"[3]);
    return 0;
}
