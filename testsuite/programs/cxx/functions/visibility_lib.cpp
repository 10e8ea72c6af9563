//@ part
#include "visibility.h"
F library_function() { return function(); }
int library_count() { return counter() += 10; }
void library_throw() { throw Exported(4); }
