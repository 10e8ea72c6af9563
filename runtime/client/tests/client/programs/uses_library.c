// Both have a runtime and a session; the names of lazy functions bind as those of others do.
#include <unistd.h>
#include "check.h"
int from_library(int), plus_2(int);
int main(void) {
    CHECK(from_library(41) == 42);
    CHECK(plus_2(40) == 42);
    return 0;
}
