//@ part
void *set(void *, unsigned long), *copy(void *, const void *, unsigned long), *move(void *, const void *, unsigned long);
static char a[1000], b[1000];
int run(unsigned long n) {
    set(a, n), copy(b, a, n), move(b + 1, b, n);
    return b[n] != 1 || b[n + 1] != 0;
}
