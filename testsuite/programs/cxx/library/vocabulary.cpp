//@ static: any
//@ flags: -std=c++20
//@ opt: O0 O0+g O2
//@ links: pie static lld
//@ debugger
// variant, optional, any, function, string_view, regex, filesystem, chrono, ranges, algorithms.
#include <algorithm>
#include <any>
#include <bitset>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <list>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <unordered_map>
#include <valarray>
#include <variant>
namespace fs = std::filesystem;
using Value = std::variant<int, double, std::string, std::vector<int>>;
template <class... F> struct Overloaded : F... {
  using F::operator()...;
};
static std::string show(const Value &value) {
  return std::visit(Overloaded{[](int i) { return "int " + std::to_string(i); },
                               [](double d) { return "double " + std::to_string(d); },
                               [](const std::string &s) { return "string " + s; },
                               [](const std::vector<int> &v) { return "list of " + std::to_string(v.size()); }},
                    value);
}
static std::optional<int> number(std::string_view text) {
  int n;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() ? std::optional(n) : std::nullopt;
}
int main() {
  for (const Value &v : {Value(1), Value(2.5), Value("x"), Value(std::vector{1, 2})})
    std::cout << show(v) << '\n';
  try {
    Value v = 3;
    std::get<std::string>(v);
  } catch (const std::bad_variant_access &e) {
    std::cout << e.what() << '\n';
  }
  std::cout << number("42").value_or(-1) << number("x").value_or(-1) << '\n';
  std::any any = std::string("any");
  std::cout << std::any_cast<std::string>(any) << any.has_value() << (std::any_cast<int>(&any) == nullptr) << '\n';
  try {
    (void)std::any_cast<int>(any);
  } catch (const std::bad_any_cast &e) {
    std::cout << e.what() << '\n';
  }

  std::regex word("([a-z]+)([0-9]*)");
  std::string text = "abc12 def x9 !";
  for (auto it = std::sregex_iterator(text.begin(), text.end(), word); it != std::sregex_iterator(); ++it)
    std::cout << '[' << (*it)[1] << '|' << (*it)[2] << ']';
  std::cout << std::regex_replace(text, std::regex("\\d+"), "<$&>") << '\n';
  try {
    std::regex bad("(");
  } catch (const std::regex_error &e) {
    std::cout << (e.code() == std::regex_constants::error_paren) << '\n';
  }

  fs::path dir = fs::current_path() / "scratch";
  fs::create_directories(dir / "a" / "b");
  std::ofstream(dir / "a" / "file.txt") << "contents\n" << 3.25 << '\n';
  std::set<std::string> names;
  for (const auto &entry : fs::recursive_directory_iterator(dir))
    names.insert(fs::relative(entry.path(), dir).string() + (entry.is_directory() ? "/" : ""));
  for (const auto &name : names)
    std::cout << name << ' ';
  std::ifstream in(dir / "a" / "file.txt");
  std::string line;
  double d;
  std::getline(in, line) >> d;
  std::cout << line << d << ' ' << fs::file_size(dir / "a" / "file.txt") << '\n';
  std::error_code error;
  (void)fs::file_size(dir / "missing", error);
  std::cout << error.message() << '\n';
  try {
    fs::rename(dir / "missing", dir / "other");
  } catch (const fs::filesystem_error &e) {
    std::cout << e.path1().filename() << ' ' << e.code().value() << '\n';
  }
  fs::remove_all(dir);

  using namespace std::chrono;
  auto day = sys_days(year(2024) / February / 29);
  std::time_t t = system_clock::to_time_t(day);
  std::cout << std::put_time(std::gmtime(&t), "%Y-%m-%d %a") << ' ' << duration_cast<hours>(days(3)).count() << ' '
            << (year(2023) / February / 29).ok() << ' ' << weekday(day).c_encoding() << '\n';
  std::tm tm{};
  std::istringstream("2020-05-06") >> std::get_time(&tm, "%Y-%m-%d");
  std::cout << tm.tm_year << tm.tm_mon << tm.tm_mday << '\n';

  std::mt19937 random(7);
  std::vector<int> numbers(1000);
  std::generate(numbers.begin(), numbers.end(), [&] { return int(random() % 500); });
  std::stable_sort(numbers.begin(), numbers.end(), std::greater<>());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::cout << numbers.size() << ' ' << std::accumulate(numbers.begin(), numbers.end(), 0L) << ' '
            << std::inner_product(numbers.begin(), numbers.end(), numbers.rbegin(), 0L) << '\n';
  for (int n : numbers | std::views::filter([](int x) { return x % 50 == 0; }) |
                   std::views::transform([](int x) { return x / 50; }) | std::views::take(5))
    std::cout << n << ' ';
  std::unordered_map<std::string, std::list<int>> map;
  for (int i = 0; i < 200; ++i)
    map["k" + std::to_string(i % 17)].push_front(i);
  std::cout << map.size() << map["k3"].size() << map["k3"].front() << '\n';
  std::valarray<double> a{1, 2, 3}, b = a * 2.0 + 1.0;
  std::cout << b.sum() << std::bitset<12>(0b1011) << std::span(numbers).first(3)[0] << '\n';
}
