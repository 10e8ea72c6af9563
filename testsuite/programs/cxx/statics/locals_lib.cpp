//@ part
#include "locals.h"
Addresses library() { return here(); }
