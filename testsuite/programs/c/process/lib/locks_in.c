//@ part
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

static int half(int n) { return n / 2; }
int of_library(int n) { return half(n) + 40; }
void lock_in(void) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) abort();
}
