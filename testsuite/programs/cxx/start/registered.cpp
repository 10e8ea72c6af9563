// Functions that register themselves at program start are not called then: they are lazy. Those that are called then
// are static, like what calls them.
//@ lazy: _ZL5firstv _ZL6secondv _ZL5worksi
//@ static: _ZL6addingPFvvE(constructor)
#include <cstdio>

static void (*all[8])();
static int count;
static int adding(void (*f)()) {
  all[count++] = f;
  return count;
}
static int works(int n) { return n + 1; }
static void first() { std::printf("first %d\n", works(1)); }
static int first_number = adding(first);
static void second() { std::printf("second %d\n", works(2)); }
static int second_number = adding(second);

int main() {
  for (int i = 0; i < count; ++i)
    all[i]();
  std::printf("%d %d\n", first_number, second_number);
}
