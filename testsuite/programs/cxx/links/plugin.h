#include <memory>
#include <string>
struct Plugin {
  virtual ~Plugin() = default;
  virtual std::string name() const = 0;
  virtual int run(int n) = 0;
};
struct PluginError {
  int code;
};
inline int &loads() {
  static int count;
  return count;
}
typedef std::unique_ptr<Plugin> (*Create)();
