//@ part
#include "member_pointers.h"
Member other_in_class() { return &Base::in_class; }
Member other_virt() { return &Base::virt; }
