inline int external_inline(int x) { return x * 7; }
extern inline __attribute__((gnu_inline)) int gnu_inline(int x) { return x + 11; }
inline int other_inline(int x) { return external_inline(x) + 1; }
const char *second_literal(const char *(*literal)(void));
