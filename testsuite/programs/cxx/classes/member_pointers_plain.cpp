//@ part
#include "member_pointers.h"
Member plain_in_class() { return &Base::in_class; }
