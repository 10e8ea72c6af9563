//@ part
#include "equality.h"
std::vector<F> plain() { return ALL; }
