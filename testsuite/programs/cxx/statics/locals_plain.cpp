//@ part
#include "locals.h"
Addresses plain() { return here(); }
