//@ part
#include "plugin.h"
#include <cstdio>
#include <stdexcept>
namespace {
struct Global {
  Global() { std::printf("loaded b\n"); }
  ~Global() { std::printf("unloaded b\n"); }
} global;
struct Mine : Plugin {
  std::string name() const override { return "plugin b"; }
  int run(int n) override {
    ++loads();
    if (n == -1)
      throw PluginError{'b'};
    if (n == -2)
      throw std::runtime_error(name() + " failed");
    return n * 10;
  }
};
}
extern "C" std::unique_ptr<Plugin> create() { return std::make_unique<Mine>(); }
