//@ part
#include "models.h"
_Thread_local int other_hidden = 40;
int other(int x) { return exported * hidden + other_hidden - x; }
