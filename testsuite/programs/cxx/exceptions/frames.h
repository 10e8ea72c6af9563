#include <cstdio>
typedef void (*Callback)(int);
struct Trace {
  const char *name;
  static inline int live = 0;
  explicit Trace(const char *name) : name(name) {
    ++live;
    std::printf("+%s ", name);
  }
  ~Trace() {
    --live;
    std::printf("-%s ", name);
  }
};
struct Base {
  virtual ~Base() = default;
  virtual const char *name() const { return "Base"; }
};
struct Derived : virtual Base {
  const char *name() const override { return "Derived"; }
};
void lazy_frame(Callback callback, int n);
void plain_frame(Callback callback, int n);
int plain_catches(Callback callback, int n);
