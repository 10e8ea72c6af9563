// The sizes of variables: what is asked for them, and a program that writes over the end of one is stopped.
//@ opt: O1 O2 Os
//@ flags: -D_FORTIFY_SOURCE=2
//@ links: pie static lld
//@ exit: SIGABRT
#include <stdio.h>
#include <string.h>

char buffer[8], behind[64] = "intact";
static char local[24];
static const char constant[100] = "constant";
extern char elsewhere[];
struct { int number; char text[12]; char rest[]; } open_ended = {3, "text", "and more"};
char elsewhere[33];

__attribute__((noinline)) static size_t size(int which) {
    const char *of = which == 1 ? buffer : which == 2 ? behind : local;
    return __builtin_object_size(of, 0);
}

__attribute__((noinline)) static size_t dynamic(int which) {
    char *of = which == 1 ? buffer + 3 : local;
    return __builtin_dynamic_object_size(of, 1);
}

int main(int argc, char **argv) {
    printf("%zu %zu\n", size(argc), dynamic(argc));
    printf("%zu %zu %zu\n", __builtin_object_size(constant + argc, 2), __builtin_object_size(elsewhere, 0),
           __builtin_object_size(open_ended.text, 1));
    local[1] = constant[argc];
    fflush(stdout);
    strcpy(buffer, argc > 5 ? argv[1] : "too long for it");
    printf("%s\n", behind);
    return 0;
}
