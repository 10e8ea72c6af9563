// C23: constexpr, nullptr, typeof, auto, attributes, binary literals, empty initializers, enumerations with a type.
//@ flags: -std=c23 -Wall -Wextra
#include <stddef.h>
#include <stdio.h>

constexpr int size = 0b101;
enum small : unsigned char { low, high = 255 };
[[nodiscard]] static int twice(int x) { return x * 2; }
[[maybe_unused]] static int unused(void) { return 1'000'000; }
static bool is_null(const void *p) { return p == nullptr; }
static int sum(int n, ...) {
    __builtin_va_list list;
    __builtin_c23_va_start(list, n);
    int s = 0;
    while (n-- > 0) s += __builtin_va_arg(list, int);
    __builtin_va_end(list);
    return s;
}
static const unsigned char embedded[] = {
#embed __FILE__ limit(12)
};

int main() {
    int v[size] = {};
    auto x = twice(21);
    typeof(x) y = x + 1'000;
    v[size - 1] = y;
    printf("%d %d %d %d %zu\n", v[0], v[4], is_null(nullptr), sum(3, 1, 2, 3), sizeof(enum small));
    printf("%.12s %d\n", (const char *)embedded, true ? high : low);
    return 0;
}
