//@ opt: O0 O2
// Exceptions out of constructors and destructors: what was built is taken apart, memory is given back.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

static int allocations;
void *operator new(std::size_t size) {
  ++allocations;
  if (void *p = std::malloc(size))
    return p;
  throw std::bad_alloc();
}
void operator delete(void *p) noexcept {
  --allocations;
  std::free(p);
}
void operator delete(void *p, std::size_t) noexcept { operator delete(p); }

struct Part {
  int n;
  explicit Part(int n) : n(n) {
    if (n == 3)
      throw n;
    std::printf("part %d\n", n);
  }
  Part(const Part &other) : Part(other.n + 1) {}
  ~Part() { std::printf("~part %d\n", n); }
};
struct VirtualBase {
  Part part{10};
};
struct Whole : virtual VirtualBase {
  Part a{1}, b{2};
  std::unique_ptr<Part> heap{new Part(20)};
  Part c;
  explicit Whole(int n) try : c(n) {
    std::printf("whole\n");
  } catch (int i) {
    std::printf("function try %d\n", i);
  }
};
struct Thrower {
  ~Thrower() noexcept(false) {
    if (!std::uncaught_exceptions())
      throw "destructor";
  }
};

int main() {
  for (int n : {3, 4}) {
    try {
      Whole whole(n);
    } catch (int i) {
      std::printf("caught %d\n", i);
    }
  }
  try {
    Part *parts = new Part[4]{Part(0), Part(1), Part(2), Part(3)};
    delete[] parts;
  } catch (int i) {
    std::printf("array %d\n", i);
  }
  try {
    Part part(5);
    Thrower thrower;
    std::printf("body\n");
  } catch (const char *s) {
    std::printf("%s\n", s);
  }
  try {
    Thrower thrower;
    throw 7;
  } catch (int i) {
    std::printf("%d\n", i);
  }
  try {
    std::vector<Part> parts(3, Part(2 - 2));
    parts.assign(2, Part(2));
  } catch (int i) {
    std::printf("vector %d\n", i);
  }
  try {
    std::vector<char> huge;
    huge.resize(huge.max_size());
  } catch (const std::bad_alloc &) {
    std::printf("bad_alloc\n");
  }
  if (Part *p = new (std::nothrow) Part(6))
    delete p;
  std::printf("allocations %d\n", allocations);
}
