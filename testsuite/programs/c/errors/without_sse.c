// Floating values can't be passed in registers that may not be used: code generation says so.
//@ compile-fail
//@ flags: -mno-sse
double half(double x) { return x / 2; }
int main(void) { return (int)half(2.0) - 1; }
