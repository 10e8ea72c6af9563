// Attributes that change how a function is emitted or called.
//@ static: own_section(section) own_section_static(section)
//@ lazy: used_function cold_function aligned_function pure_function main
#include <stdio.h>
#include <stdlib.h>

__attribute__((used)) static int used_function(void) { return 1; }
__attribute__((noinline, cold)) int cold_function(int x) { return x + 1; }
__attribute__((hot)) int hot_function(int x) { return x + 2; }
__attribute__((section(".text.special"))) int own_section(int x) { return x + 3; }
__attribute__((section(".text.special"))) static int own_section_static(int x) { return x + 4; }
__attribute__((aligned(256))) int aligned_function(int x) { return x + 5; }
__attribute__((pure)) int pure_function(const int *x) { return *x + 6; }
__attribute__((const)) int const_function(int x) { return x + 7; }
__attribute__((warn_unused_result, nonnull)) int checked(int *x) { return ++*x; }
__attribute__((malloc, returns_nonnull, alloc_size(1))) void *allocate(size_t n) { void *p = calloc(1, n); if (!p) abort(); return p; }
__attribute__((noreturn)) void leave(int status) { printf("leaving\n"); exit(status); }
__attribute__((optnone)) int unoptimized(int x) { return x + 8; }
__attribute__((flatten)) int flat(int x) { return hot_function(cold_function(x)); }
__attribute__((deprecated)) int old(int x) { return x + 9; }
__attribute__((no_stack_protector)) int unprotected(int x) { char b[16]; b[x % 16] = 1; return b[x % 16] + x; }
__attribute__((nocf_check)) int unchecked(int x) { return x + 10; }
__attribute__((section(".mydata"))) int own_data = 5;
__attribute__((overloadable)) int over(int x) { return x; }
__attribute__((overloadable)) int over(double x) { return (int)(x * 100); }
int renamed(int x) __asm__("another_name");
int renamed(int x) { return x + 11; }

static void close_it(int *x) { printf("cleanup %d\n", *x); }

int main(void) {
    int one = 1;
    __attribute__((cleanup(close_it))) int guarded = 42;
    printf("%d %d %d %d\n", cold_function(1), hot_function(1), own_section(1), own_section_static(1));
    printf("%d %d %d %d\n", aligned_function(1), pure_function(&one), const_function(1), checked(&one));
    printf("%d %d\n", (unsigned long)aligned_function % 256 == 0, own_data);
    printf("%d %d %d %d\n", unoptimized(1), flat(1), unprotected(1), unchecked(1));
    printf("%d %d %d\n", over(3), over(3.5), renamed(1));
    free(allocate(10));
    if (guarded) {
        __attribute__((cleanup(close_it))) int inner = 43;
        (void)inner;
    }
    leave(0);
}
