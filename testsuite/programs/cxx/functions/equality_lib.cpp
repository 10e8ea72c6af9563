//@ part
#include "equality.h"
std::vector<F> lib() { return ALL; }
