//@ shared: plugin_a.cpp
//@ plain-shared: plugin_b.cpp
//@ link-flags: -ldl -rdynamic
//@ static: _ZN12_GLOBAL__N_16GlobalC2Ev(constructor)
//@ links: pie no-pie lld shared
//@ opt: O0 O2
// C++ plugins, lazy and plain, loaded and unloaded again; exceptions and types cross the border both ways.
#include "plugin.h"
#include <cstdio>
#include <dlfcn.h>
#include <stdexcept>
int main() {
  for (int round = 0; round < 3; ++round) {
    for (const char *name : {"./libplugin_a.so", "./libplugin_b.so"}) {
      void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (!library) {
        std::printf("%s\n", dlerror());
        return 1;
      }
      auto create = reinterpret_cast<Create>(dlsym(library, "create"));
      {
        std::unique_ptr<Plugin> plugin = create();
        std::printf("%s %d\n", plugin->name().c_str(), plugin->run(round));
        try {
          plugin->run(-1);
        } catch (const PluginError &e) {
          std::printf("plugin error %d\n", e.code);
        }
        try {
          plugin->run(-2);
        } catch (const std::exception &e) {
          std::printf("%s\n", e.what());
        }
      }
      dlclose(library);
    }
    std::printf("loads %d\n", loads());
  }
}
