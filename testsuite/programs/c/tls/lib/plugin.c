//@ part
static __thread int count = 1000;
__thread long shared_count = 7;
static __thread char big[20000] = "big";
static __thread _Alignas(256) int aligned;
int *count_address(void) { return &count; }
long bump(int by) {
    aligned += by;
    big[by]++;
    return (count += by) + (shared_count += by) + big[0] + ((unsigned long)&aligned % 256) + aligned;
}
