#include <typeinfo>
struct __attribute__((visibility("default"))) Base { virtual ~Base(); virtual int value() const; };
Base::~Base() = default;
int Base::value() const { return 1; }
__attribute__((visibility("default"))) const char *name(const Base &base) { return typeid(base).name(); }
