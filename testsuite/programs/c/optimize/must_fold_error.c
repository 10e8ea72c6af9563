// The same with a mistake: clang's message, at its place.
//@ opt: O2
//@ compile-fail
extern void size_is_wrong(void) __attribute__((error("wrong size")));
struct s { char c[13]; };
static inline unsigned long size_of_it(void) { return sizeof(struct s); }
static inline void check(unsigned long expected) { if (size_of_it() != expected) size_is_wrong(); }
int main(void) { check(12); return 0; }
