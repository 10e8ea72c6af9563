// Objects with constructors and destructors: of this unit, another one, inline, of templates and of functions.
//@ flags: -pthread
//@ links: all
//@ extra: lib/objects_other.cpp
//@ debugger
#include "lib/objects.h"
#include <stdexcept>
#include <thread>
#include <vector>

static thread_local Noisy here("here");
static thread_local Noisy row[3] = {Noisy("row0", 0), Noisy("row1", 1), Noisy("row2", 2)};
static thread_local std::vector<int> numbers{1, 2, 3};
static thread_local int computed = other_unit(1) + 1;
static thread_local int &reference = computed;
thread_local std::string exported = "exported";

struct Filled {
    int values[4];
    Filled() { for (int &v : values) v = 7; }
    ~Filled() { std::printf("filled %d\n", values[0]); }
};
static thread_local Filled many[5];

static int attempts;
struct Fails {
    int value = 1;
    Fails() { if (++attempts % 2) throw std::runtime_error("not yet"); }
};
static int failing() {
    static thread_local Fails fails;
    return ++fails.value;
}

static void use(int by) {
    here.value += by;
    row[by % 3].value += by;
    numbers.push_back(by);
    reference += by;
    exported += std::to_string(by);
    many[by].values[0] += by;
    elsewhere.value += by;
    plain_elsewhere += by;
    shared_inline.value += by;
    Holder<std::string>::held += "x";
    auto lambda = [&](int more) {
        static thread_local Noisy within("within", by);
        return within.value += more;
    };
    std::printf("%d %d %zu %d %s %d %d %d %d %zu %d %d\n", here.value, row[by % 3].value, numbers.size(), computed,
                exported.c_str(), many[by].values[0], elsewhere.value, plain_elsewhere, shared_inline.value,
                Holder<std::string>::held.size(), lambda(by), inline_address() == &shared_inline);
    for (int i = 0; i < 2; i++) try {
            std::printf("%d\n", failing());
        } catch (const std::exception &e) {
            std::printf("%s\n", e.what());
        }
}

int main() {
    use(1);
    for (int i = 2; i < 5; i++) std::thread([i] { use(i), use(1), std::printf("%d\n", other_unit(i)); }).join();
    std::thread([] {}).join();
    use(2);
    std::printf("%d\n", other_unit(9));
    return 0;
}
