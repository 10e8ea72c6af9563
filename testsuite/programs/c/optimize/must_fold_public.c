// A function that others can call has what is wrong only where it is inlined.
//@ opt: O1 O2
//@ compile-fail
__attribute__((error("bad size"))) void bad_size(void);

int checked(int n) {
    if (__builtin_constant_p(n) && n > 10)
        bad_size();
    return n + 1;
}
int between(int n) { return checked(n) + 1; }
int main(void) { return between(50); }
