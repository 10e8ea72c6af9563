// --wrap and --defsym by the linker reach the calls of lazy code.
//@ links: pie static lld
//@ link-flags: -Wl,--wrap=getpid,--wrap=local_service -Wl,--defsym=another=service
//@ extra: lib/service.c
#include <stdio.h>
#include <unistd.h>

pid_t __real_getpid(void);
pid_t __wrap_getpid(void) { return __real_getpid() > 0 ? 4321 : 0; }
int __real_local_service(int x);
int __wrap_local_service(int x) { return __real_local_service(x) + 5000; }
int local_service(int x), service(int x), another(int x);

int main(void) {
    printf("%d %d\n", (int)getpid(), local_service(1));
    printf("%d %d\n", service(2), another(3));
    return 0;
}
