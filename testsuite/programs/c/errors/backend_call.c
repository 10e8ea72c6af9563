// A call that must not be: found by code generation, and an error though nobody calls the caller.
//@ compile-fail
__attribute__((error("never call this"))) void forbidden(void);
void caller(void) { forbidden(); }
int main(void) { return 0; }
