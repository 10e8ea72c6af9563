//@ opt: O0 O2
//@ links: all
//@ stdin: 12 3.5 word rest of the line\nsecond line\n
// iostream: formatting, input, manipulators, state and exceptions, a stream buffer and facets of one's own.
#include <cctype>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <locale>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>
class Upper : public std::streambuf {
  std::streambuf *to;
  int overflow(int c) override { return to->sputc(char(std::toupper(c))); }

public:
  explicit Upper(std::streambuf *to) : to(to) {}
};
struct Point {
  int x, y;
  friend std::ostream &operator<<(std::ostream &out, const Point &p) { return out << '(' << p.x << ',' << p.y << ')'; }
  friend std::istream &operator>>(std::istream &in, Point &p) {
    char c;
    return in >> c >> p.x >> c >> p.y >> c;
  }
};
struct Grouping : std::numpunct<char> {
  char do_thousands_sep() const override { return '\''; }
  std::string do_grouping() const override { return "\3"; }
};
int main() {
  int i;
  double d;
  std::string word, line;
  std::cin >> i >> d >> word;
  std::getline(std::cin, line);
  std::cout << i << ' ' << d << ' ' << word << " [" << line << "]\n";
  std::getline(std::cin, line);
  std::cout << line << ' ' << std::cin.eof() << std::cin.peek() << std::cin.eof() << std::endl;
  std::cout << std::hex << std::showbase << 255 << std::dec << std::setw(8) << std::setfill('*') << 42 << std::left
            << std::setw(5) << 7 << '|' << std::fixed << std::setprecision(3) << 3.14159 << std::scientific << 12345.678
            << std::boolalpha << true << '\n';
  std::cout << std::defaultfloat << std::setprecision(17) << 0.1 << ' ' << 1e300 * 1e10 << ' ' << 5.0L << '\n';
  Upper upper(std::cout.rdbuf());
  std::ostream(&upper) << "shouted " << Point{1, 2} << '\n';
  Point p{};
  std::istringstream("(3,4)") >> p;
  std::cout << p << std::quoted("a \"b\"") << '\n';
  std::ostringstream grouped;
  grouped.imbue(std::locale(std::locale::classic(), new Grouping));
  grouped << 1234567;
  std::cout << grouped.str() << '\n';
  std::istringstream numbers("1 2 3 x");
  std::vector<int> list{std::istream_iterator<int>(numbers), {}};
  std::cout << list.size() << numbers.fail() << '\n';
  numbers.clear();
  numbers.exceptions(std::ios::failbit);
  try {
    numbers >> i;
  } catch (const std::ios_base::failure &e) {
    std::cout << "failure\n";
  }
  std::wostringstream wide;
  wide << L"wide " << 5;
  std::cout << wide.str().size() << '\n';
  std::cerr << "error " << Point{5, 6} << '\n';
  std::clog << "log\n";
}
