#include <cstdio>
#include <string>

struct Noisy {
    const char *name;
    int value;
    explicit Noisy(const char *name, int value = 1) : name(name), value(value) { std::printf("+%s\n", name); }
    ~Noisy() { std::printf("-%s %d\n", name, value); }
};

extern thread_local Noisy elsewhere;
extern thread_local int plain_elsewhere;
inline thread_local Noisy shared_inline("inline");
template <class T> struct Holder {
    static thread_local T held;
};
template <class T> thread_local T Holder<T>::held{};
inline int &counter() {
    static thread_local int count = 100;
    return count;
}
inline std::string &text() {
    static thread_local std::string text("text");
    return text;
}
Noisy *inline_address();
int other_unit(int x);
