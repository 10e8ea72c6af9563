// Instructions whose text is known to the letter can wait: no operand in the text, no symbol, registers by name.
//@ static: named(inline-asm) labelled(inline-asm) directive(inline-asm) chosen(inline-asm) kept(inline-asm) wide(inline-asm)
//@ lazy: pause fences time vendor call_kernel trap_if counted main
//@ links: pie static shared
#include <stdio.h>
#include <sys/syscall.h>

static int value = 5;
static void pause(void) { __asm__ volatile("pause" ::: "memory"); }
static void fences(void) { __asm__ volatile("mfence\n\tlfence; sfence" ::: "memory"); }
static unsigned long time(void) {
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (unsigned long)high << 32 | low;
}
static unsigned vendor(unsigned leaf) {
    unsigned a, b, c, d;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(0));
    return a > 0 && b != 0 && c != 0 && d != 0;
}
static long call_kernel(long number, long a, const void *b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
static void trap_if(int x) {
    if (x)
        __asm__ volatile("int $3");
}
static int counted(void) {
    int n;
    __asm__("xorl %%ecx, %%ecx; addl $7, %%ecx" : "=c"(n) : : "cc");
    return n;
}
// Those must be compiled now.
static int named(void) {
    int n;
    __asm__("movl value(%%rip), %%eax" : "=a"(n) : "m"(value));
    return n;
}
static int labelled(void) {
    int n;
    __asm__("movl $3, %%eax; 1: decl %%eax; jnz 1b" : "=a"(n));
    return n;
}
static void directive(void) { __asm__ volatile(".byte 0x90"); }
static int chosen(int n) {
    __asm__("incl %0" : "+r"(n));
    return n;
}
static int kept(int n) {
    __asm__ volatile("nop" : "+m"(n));
    return n;
}
static int wide(double x) {
    __asm__ volatile("nop" : "+x"(x));
    return (int)x;
}

int main(void) {
    pause();
    fences();
    unsigned long before = time();
    static const char text[] = "written by the kernel\n";
    fflush(stdout);
    long written = call_kernel(SYS_write, 1, text, sizeof text - 1);
    trap_if(written != (long)sizeof text - 1);
    directive();
    printf("%d %u %ld %d %d %d %d %d %d\n", time() >= before, vendor(0), written, counted(), named(), labelled(), chosen(4), kept(8), wide(9.5));
    return 0;
}
