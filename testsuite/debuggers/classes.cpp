#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace zoo {
class Animal {
public:
  explicit Animal(std::string name) : name(std::move(name)) { ++count; }
  virtual ~Animal() = default;
  virtual int legs() const = 0;
  int noise(int times) const { return times * 2; }
  int noise(const char *what) const { return int(name.size()) + what[0]; }
  static int count;

protected:
  std::string name;
};
int Animal::count = 0;

class Dog : public Animal {
public:
  using Animal::Animal;
  int legs() const override {
    int result = 4;
    return result;
  }
};

class Bird : public Animal {
public:
  using Animal::Animal;
  int legs() const override { return 2; }
};
} // namespace zoo

template <class T> T largest(const std::vector<T> &all) {
  T best = all.front();
  for (const T &one : all)
    if (best < one)
      best = one;
  return best;
}

static int total(const std::vector<zoo::Animal *> &all) {
  int sum = 0;
  for (const zoo::Animal *a : all)
    sum += a->legs();
  return sum;
}

int thrower(int n) {
  if (n > 2)
    throw std::runtime_error("too many");
  return n;
}

int main() {
  zoo::Dog dog("rex");
  zoo::Bird bird("tweety");
  std::vector<zoo::Animal *> all{&dog, &bird};
  int legs = total(all);
  int a = dog.noise(3), b = bird.noise("cheep");
  std::vector<int> numbers{3, 9, 4};
  std::vector<double> reals{0.5, 2.5};
  int big = largest(numbers);
  double real = largest(reals);
  auto twice = [&](int x) { return x * 2 + legs; };
  int c = twice(big);
  try {
    c += thrower(1) + thrower(3);
  } catch (const std::exception &e) {
    std::printf("%s\n", e.what());
  }
  std::printf("%d %d %d %d %g %d\n", legs, a, b, big, real, c);
  return 0;
}
