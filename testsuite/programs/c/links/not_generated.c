// Nobody defines these, and code generation leaves out what mentions them, at -O0 as well.
//@ opt: O0 O1
//@ links: pie no-pie static lld
#include <stdio.h>

extern int missing(void), also_missing(void), missing_as_well(void);
extern int missing_number;
extern char missing_text[];
extern struct { int a[4]; } missing_data;

static int constant(int n) {
    if (__builtin_constant_p(n) && n > 8)
        return missing();
    return n;
}

static int jump(void) {
    goto out;
in:
    also_missing();
out:
    return 1;
again:
    missing_as_well();
    goto again;
}

int main(int argc, char **argv) {
    struct empty { char c[0]; } nothing;
    (void)argv;
    (void)missing_number;
    *(struct empty *)&missing_data = nothing;
    printf("%d %d %d\n", constant(argc), jump(), __builtin_object_size(missing_text, 0) == (size_t)-1);
    return 0;
}
