// A wish for a loop that can't be fulfilled is a warning of the optimizer (-Wpass-failed).
//@ compile-fail
//@ flags: -Werror
//@ opt: O2
int a[1000], b[1000], next(int);
__attribute__((noinline)) int sum(void) {
    int s = 0;
#pragma clang loop vectorize(enable)
    for (int i = 1; i < 1000; i++) { a[i] = next(a[i - 1]) + b[i]; s += a[i]; }
    return s;
}
int main(void) { return sum(); }
