//@ part
#include "order.h"
Order plain("plain");
Order plain_early __attribute__((init_priority(199)))("plain early");
