// No C library and no start-up files: the stack is at another alignment in _start, and nobody has memset or memcpy, which an
// optimizer would like to call.
//@ flags: -fno-stack-protector
//@ link-flags: -nostdlib
//@ links: pie no-pie static static-pie lld
static long syscall3(long n, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

void fill(char *to, int n) {
    volatile char *end = to + n;
    for (int i = 0; i < n; i++)
        to[i] = (char)('0' + fibonacci(6) % (i + 2));
    *--end = '\n';
}

int main(void) {
    char text[40];
    fill(text, 11);
    syscall3(1, 1, (long)text, 11);
    return 0;
}

void _start(void) { syscall3(60, main(), 0, 0); }
