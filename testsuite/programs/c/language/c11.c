// C11: generic selection, static assertions, noreturn, alignment, anonymous members, Unicode strings.
//@ flags: -std=c11 -Wall -Wextra
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <uchar.h>
#include <wchar.h>

#define NAME(x) _Generic((x), int: "int", double: "double", const char *: "string", char *: "string", default: "other")
_Static_assert(sizeof(int) == 4, "int");
struct vector { alignas(32) float v[8]; };
static noreturn void finish(int x) { printf("finish %d\n", x); exit(0); }
static int is_aligned(struct vector v) { return (unsigned long)&v % alignof(struct vector) == 0; }
static size_t length(const char32_t *s) { size_t n = 0; while (*s++) n++; return n; }
static _Thread_local int unused_tls;

int main(void) {
    printf("%s %s %s %s\n", NAME(1), NAME(1.0), NAME("x"), NAME(1L));
    printf("%d %zu %zu\n", is_aligned((struct vector){{1}}), length(U"größe"), wcslen(L"wide"));
    printf("%s %d\n", u8"\u00fc", (int)u'\u00fc');
    finish((int)sizeof unused_tls);
}
