// Variadic wrappers around libc's v* functions, one of them through a function pointer.
//@ links: pie static shared
//@ lazy: format say
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static int format(char *buffer, size_t size, const char *text, ...) {
    va_list list;
    va_start(list, text);
    int length = vsnprintf(buffer, size, text, list);
    va_end(list);
    return length;
}

__attribute__((format(printf, 1, 2))) int say(const char *text, ...) {
    va_list list;
    va_start(list, text);
    int length = vprintf(text, list);
    va_end(list);
    return length;
}

typedef int printer(const char *, ...);

int main(void) {
    char buffer[20];
    int length = format(buffer, sizeof buffer, "%s-%d-%.3f-%c", "abc", 42, 2.5, 'x');
    printf("%d %s\n", length, buffer);
    printer *volatile p = say;
    length = p("%d %s %g %ld %d %d %d %g\n", 1, "two", 3.0, 4L, 5, 6, 7, 8.5);
    printf("%d\n", length);
    p = printf;
    p("%s %g\n", "printf itself", 0.1);
    return 0;
}
