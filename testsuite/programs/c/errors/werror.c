// Warnings that are errors.
//@ compile-fail
//@ flags: -Wall -Werror
int f(void) { int unused; }
