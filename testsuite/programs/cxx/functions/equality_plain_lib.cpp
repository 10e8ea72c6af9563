//@ part
#include "equality.h"
std::vector<F> plain_lib() { return ALL; }
