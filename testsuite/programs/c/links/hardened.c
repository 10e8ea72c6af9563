// Full RELRO, immediate binding, a build id, no lazy binding, no executable stack; and stripped at the link.
//@ links: pie lld static-pie
//@ link-flags: -Wl,-z,now,-z,relro,-z,noexecstack -Wl,--build-id -s
//@ flags: -fstack-protector-strong -fcf-protection=full
#include <stdio.h>
#include <string.h>

static int measure(const char *s) { char b[64]; strncpy(b, s, sizeof b - 1); b[63] = 0; return (int)strlen(b); }
static int (*const table[])(const char *) = {measure};

int main(void) {
    printf("%d %d\n", measure("hardened"), table[0]("twice"));
    return 0;
}
