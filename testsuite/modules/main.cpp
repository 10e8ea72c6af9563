#include <cstdio>
import shapes;
int main() {
  shapes::Square square(3);
  shapes::Named &named = square;
  int n = shapes::counter();
  std::printf("%s %g %d %d %g\n", named.name.c_str(), named.size(), n, shapes::outside(10), shapes::largest(1.5, 2.5));
}
