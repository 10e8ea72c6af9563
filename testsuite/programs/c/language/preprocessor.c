// Macros, includes, line directives and what they show at run time.
//@ flags: -DFROM_COMMAND_LINE=17 -UNOT_DEFINED -include stddef.h
#include <stdio.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define COUNT(...) (sizeof((int[]){__VA_ARGS__}) / sizeof(int))
static int JOIN(name_, __COUNTER__)(void) { return __COUNTER__; }
static const char *where(void) { return TEXT(JOIN(a, b)) ":" TEXT(FROM_COMMAND_LINE); }
static size_t uses_included(void) { return COUNT(1, 2, 3); }
#line 500 "another_file.c"
static const char *file(void) { return __FILE__; }
static int line(void) { return __LINE__; }

int main(void) {
    printf("%d %d %s %zu %s %d\n", name_0(), FROM_COMMAND_LINE, where(), uses_included(), file(), line());
#ifdef NOT_DEFINED
    return 1;
#endif
    return 0;
}
