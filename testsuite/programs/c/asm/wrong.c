// An error in assembly is found when the unit is compiled, also where the function could wait.
//@ compile-fail
__attribute__((noinline)) int f(void) {
    __asm__ volatile("no_such_instruction");
    return 0;
}
int main(void) { return f(); }
