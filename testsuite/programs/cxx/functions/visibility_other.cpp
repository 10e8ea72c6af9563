//@ part
#include "visibility.h"
F other_function() { return function(); }
