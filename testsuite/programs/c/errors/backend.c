// Errors that only code generation finds.
//@ compile-fail
int f(int x) {
    __asm__("this is no instruction %0" : "+r"(x));
    return x;
}
