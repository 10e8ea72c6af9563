// The system refuses to map the code arena executable.
#include <unistd.h>
#include "filter.h"
#include <sys/mman.h>

int plus_1(int);

int main(void) {
    refuse(SYS_mmap, 2, PROT_READ | PROT_EXEC, 3, MAP_SHARED, EACCES);
    return plus_1(41) != 42;
}
