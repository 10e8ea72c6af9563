// With libunwind of nongnu.org in front of libgcc's unwinder every exception goes through that one.
//@ needs-file: /usr/include/x86_64-linux-gnu/libunwind.h
//@ link-flags: -Wl,--no-as-needed -lunwind
//@ links: pie no-pie lld
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

struct noisy {
  const char *name;
  ~noisy() { std::printf("~%s\n", name); }
};

static int inner(int n) {
  noisy local{"inner"};
  if (n > 2) throw std::runtime_error("too many: " + std::to_string(n));
  return n;
}

static int middle(int n) {
  auto room = std::make_unique<noisy>(noisy{"temporary"});
  try {
    return inner(n);
  } catch (const std::logic_error &) {
    return -1;
  } catch (...) {
    std::puts("again");
    throw;
  }
}

int main(int argc, char **) {
  for (int i = 1; i < 5; i++) {
    try {
      std::printf("%d\n", middle(i + argc - 1));
    } catch (const std::exception &e) {
      std::printf("caught %s\n", e.what());
    }
  }
}
