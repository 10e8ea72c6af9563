// The system refuses to map the code arena executable.
#include <unistd.h>
#include "filter.h"
#include <sys/mman.h>

int plus_1(int);

int main(void) {
    refuse(SYS_mmap, 1, 64 << 20, 2, PROT_EXEC, EACCES);
    return plus_1(41) != 42;
}
