//@ static: any
//@ needs-file: /usr/include/fmt/format.h
//@ flags: -std=c++17 -DFMT_HEADER_ONLY
//@ opt: O0 O2
//@ time-limit: 120
// {fmt}, header-only.
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/color.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/printf.h>
#include <fmt/ranges.h>
#include <map>
#include <string>
#include <vector>
struct Point {
  double x, y;
};
template <> struct fmt::formatter<Point> {
  bool wide = false;
  constexpr auto parse(format_parse_context &context) {
    auto it = context.begin();
    if (it != context.end() && *it == 'w') {
      wide = true;
      ++it;
    }
    return it;
  }
  auto format(const Point &p, format_context &context) const {
    return fmt::format_to(context.out(), wide ? "<{:8.3f}, {:8.3f}>" : "<{}, {}>", p.x, p.y);
  }
};
int main() {
  fmt::print("{} {:>10} {:<10}| {:^10} {:#x} {:08.3f} {:+}\n", 1, "right", "left", "middle", 255, 3.14159, 5);
  fmt::print("{1} {0} {name}\n", "zero", "one", fmt::arg("name", "named"));
  fmt::print("{} {:w}\n", Point{1, 2}, Point{3, 4});
  fmt::print("{} {} {}\n", std::vector<int>{1, 2, 3}, std::map<std::string, int>{{"a", 1}}, std::tuple(1, "x", 2.5));
  fmt::print("{:%Y-%m-%d %H:%M:%S} {}\n", fmt::gmtime(std::time_t(1000000000)), std::chrono::milliseconds(42));
  fmt::print(fg(fmt::color::red) | fmt::emphasis::bold, "color {}\n", 1);
  fmt::printf("%5d|%-5s|%05.1f\n", 42, "ab", 2.25);
  fmt::print("{}\n", fmt::join(std::vector<double>{0.1, 1e100, 1e-7, -0.0}, "; "));
  for (double d : {0.1, 1.0 / 3, 1e23, 5e-324, 1.7976931348623157e308})
    fmt::print("{} {:.3e} {:a}\n", d, d, d);
  try {
    fmt::print("{}\n", fmt::format(fmt::runtime("{:d}"), "text"));
  } catch (const fmt::format_error &e) {
    fmt::print("{}\n", e.what());
  }
  fmt::memory_buffer buffer;
  for (int i = 0; i < 100; ++i)
    fmt::format_to(std::back_inserter(buffer), "{:x},", i * i);
  fmt::print("{} {}\n", buffer.size(), fmt::to_string(buffer).substr(0, 20));
}
