//@ part
#include "explicit.h"
template struct Stack<std::string>;
