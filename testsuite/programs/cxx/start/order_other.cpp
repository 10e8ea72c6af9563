//@ part
#include "order.h"
Order other("other");
Order other_early __attribute__((init_priority(201)))("other early");
