// For the test programs: a failed CHECK says where and ends with status 1.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#define CHECK(condition) \
    ((condition) ? (void)0 : (dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #condition), _exit(1)))
