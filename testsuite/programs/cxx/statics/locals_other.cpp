//@ part
#include "locals.h"
Addresses other() { return here(); }
