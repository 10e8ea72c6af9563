//@ part
#include "inlining.h"
extern int external_inline(int x);
extern int other_inline(int x);
int gnu_inline(int x) { return x + 11; }
const char *second_literal(const char *(*literal)(void)) { return literal(); }
