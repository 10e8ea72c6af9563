//@ part
#include "equality.h"
std::vector<F> other() { return ALL; }
template int explicitly<int>(int);
