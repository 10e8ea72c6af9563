// A coroutine that goes on in another thread finds that thread's variables.
//@ flags: -pthread -std=c++20
#include <coroutine>
#include <cstdio>
#include <thread>

struct Task {
    struct promise_type {
        Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
    std::coroutine_handle<promise_type> handle;
};

thread_local int id = -1;
static thread_local struct Named {
    const char *name = "unnamed";
    ~Named() { std::printf("~%s\n", name); }
} named;

static Task walk() {
    for (int i = 0; i < 4; i++) {
        int before = id++;
        const char *name = named.name;
        co_await std::suspend_always{};
        std::printf("%d %s -> %d %s\n", before, name, id, named.name);
    }
}

int main() {
    Task task = walk();
    for (int i = 0; i < 6 && !task.handle.done(); i++)
        std::thread([&, i] {
            id = i * 10;
            named.name = i % 2 ? "odd" : "even";
            task.handle.resume();
        }).join();
    task.handle.destroy();
    std::printf("%d %s\n", id, named.name);
    return 0;
}
