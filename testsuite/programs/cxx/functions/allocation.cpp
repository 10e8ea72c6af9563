//@ opt: O0 O2
//@ links: all
// operator new and delete replaced, for libstdc++ too; placement, aligned and class-specific ones.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
static long count, aligned, sized;
void *operator new(std::size_t n) {
  ++count;
  return std::malloc(n ? n : 1);
}
void *operator new(std::size_t n, std::align_val_t a) {
  ++aligned;
  return std::aligned_alloc(std::size_t(a), n);
}
void operator delete(void *p) noexcept {
  --count;
  std::free(p);
}
void operator delete(void *p, std::size_t) noexcept {
  ++sized;
  operator delete(p);
}
void operator delete(void *p, std::align_val_t) noexcept {
  --aligned;
  std::free(p);
}
void operator delete(void *p, std::size_t, std::align_val_t a) noexcept { operator delete(p, a); }
struct alignas(256) Wide {
  char c[256];
};
struct Own {
  static void *operator new(std::size_t n) {
    std::printf("Own new %zu\n", n);
    return std::malloc(n);
  }
  static void operator delete(void *p) {
    std::printf("Own delete\n");
    std::free(p);
  }
  virtual ~Own() = default;
};
struct Derived : Own {
  int more[4];
};
int main() {
  long before = count;
  {
    std::map<int, std::string> map;
    for (int i = 0; i < 50; ++i)
      map[i] = std::string(40, 'a' + i % 26);
    std::printf("%d\n", count > before + 50);
    auto shared = std::make_shared<std::string>(100, 'x');
  }
  std::printf("%ld %d\n", count - before, sized > 0);
  auto wide = std::make_unique<Wide>();
  std::printf("%ld %d\n", aligned, int(reinterpret_cast<std::size_t>(wide.get()) % 256));
  wide.reset();
  std::printf("%ld\n", aligned);
  Own *own = new Derived;
  delete own;
  alignas(std::string) char place[sizeof(std::string)];
  auto *s = new (place) std::string("placed");
  std::printf("%s\n", s->c_str());
  s->~basic_string();
}
