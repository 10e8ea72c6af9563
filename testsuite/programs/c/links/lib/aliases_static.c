//@ part
int one = 1;

__attribute__((noinline)) int open_name(void) { return one; }
extern int hidden_name(void) __attribute__((alias("open_name"), visibility("hidden")));

int sum(int choice) {
    static const void *const labels[] = {&&by_both, &&by_hidden};
    int sum = 0;
    goto *labels[choice];
by_both:
    sum += 10 * open_name();
by_hidden:
    return sum + hidden_name();
}
