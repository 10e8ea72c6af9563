// Callbacks with structs by value, and libc calling lazy functions: qsort, bsearch, tsearch, twalk, lfind, scandir-like.
//@ links: pie static
#define _GNU_SOURCE
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item { char name[12]; int weight; double price; };
struct visit { double total; int count; };
typedef struct visit visitor(struct visit, struct item);

static struct visit add_price(struct visit v, struct item i) { return (struct visit){v.total + i.price, v.count + 1}; }
static struct visit add_weight(struct visit v, struct item i) { return (struct visit){v.total + i.weight, v.count + 2}; }
static struct visit fold(const struct item *items, int n, visitor *f) {
    struct visit v = {0, 0};
    for (int i = 0; i < n; i++) v = f(v, items[i]);
    return v;
}

static int by_name(const void *a, const void *b) { return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name); }
static int by_weight(const void *a, const void *b) { return ((const struct item *)a)->weight - ((const struct item *)b)->weight; }
static int by_price(const void *a, const void *b, void *sign) {
    double d = ((const struct item *)a)->price - ((const struct item *)b)->price;
    return *(int *)sign * ((d > 0) - (d < 0));
}
static void show(const void *node, VISIT which, int depth) {
    (void)depth;
    if (which == postorder || which == leaf) printf("%s ", (*(const struct item *const *)node)->name);
}
static void nothing(void *p) { (void)p; }

int main(void) {
    struct item items[] = {{"pear", 7, 1.25}, {"apple", 5, 0.5}, {"plum", 2, 3.75}, {"fig", 1, 0.25}, {"melon", 30, 2.5}};
    enum { n = sizeof items / sizeof *items };
    struct visit p = fold(items, n, add_price), w = fold(items, n, add_weight);
    printf("%g %d %g %d\n", p.total, p.count, w.total, w.count);
    qsort(items, n, sizeof *items, by_weight);
    for (int i = 0; i < n; i++) printf("%s ", items[i].name);
    int down = -1;
    qsort_r(items, n, sizeof *items, by_price, &down);
    for (int i = 0; i < n; i++) printf("%s ", items[i].name);
    qsort(items, n, sizeof *items, by_name);
    struct item key = {"melon", 0, 0}, *found = bsearch(&key, items, n, sizeof *items, by_name);
    printf("%d\n", found->weight);
    void *root = NULL;
    for (int i = 0; i < n; i++) tsearch(&items[(i * 2) % n], &root, by_weight);
    twalk(root, show);
    printf("%s\n", (*(struct item **)tfind(&items[2], &root, by_weight))->name);
    tdestroy(root, nothing);
    size_t count = n;
    printf("%s\n", ((struct item *)lfind(&key, items, &count, sizeof *items, by_name))->name);
    return 0;
}
