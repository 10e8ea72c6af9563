// Objects of a library that is opened late: threads end before and after it is closed.
//@ flags: -pthread
//@ shared: lib/plugin.cpp
//@ links: pie shared
#include <cstdio>
#include <dlfcn.h>
#include <thread>

int main() {
    for (int round = 0; round < 2; round++) {
        void *library = dlopen("./libplugin.so", RTLD_NOW);
        if (!library) return std::puts(dlerror()), 1;
        auto note = reinterpret_cast<int (*)(const char *)>(dlsym(library, "note"));
        std::thread([=] { std::printf("%d %d\n", note("a"), note("bc")); }).join();
        std::printf("%d\n", note("main"));
        std::thread([=] {
            std::printf("%d\n", note("closing"));
            dlclose(library);
            std::puts("closed");
        }).join();
    }
    std::puts("end");
    return 0;
}
