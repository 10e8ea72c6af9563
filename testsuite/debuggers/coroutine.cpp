#include <coroutine>
struct Gen {
    struct promise_type {
        int v = 0;
        Gen get_return_object() { return Gen{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(int x) { v = x; return {}; }
        void return_void() {}
        void unhandled_exception() { throw; }
    };
    std::coroutine_handle<promise_type> h;
    ~Gen() { h.destroy(); }
    bool next() { h.resume(); return !h.done(); }
    int value() { return h.promise().v; }
};
static Gen range(int a, int b) {
    for (int i = a; i < b; i += 2)
        co_yield i * i;
}
int main() {
    int total = 0;
    for (auto g = range(1, 6); g.next();)
        total += g.value();
    return total == 35 ? 0 : 1;
}
