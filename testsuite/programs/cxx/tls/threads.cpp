// Many threads that construct for the first time at once.
//@ flags: -pthread
//@ links: pie static shared
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

static std::atomic<int> made, gone;
struct Counted {
    std::unique_ptr<int> value{new int(made++ * 0 + 5)};
    ~Counted() { gone++; }
};
thread_local Counted outer;
template <int N> static int deep(int x) {
    static thread_local Counted here;
    *here.value += x;
    if constexpr (N > 0) return *here.value + deep<N - 1>(x + 1);
    return *here.value + *outer.value;
}

int main() {
    std::vector<std::thread> threads;
    std::atomic<long> sum{0};
    for (int i = 0; i < 40; i++) threads.emplace_back([&, i] { sum += deep<10>(i) + deep<10>(1); });
    for (auto &t : threads) t.join();
    std::printf("%ld %d %d\n", sum.load(), made.load(), gone.load());
    return 0;
}
