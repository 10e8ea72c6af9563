module;
#include <string>
export module shapes;
export import :area;
export namespace shapes {
struct Named {
  std::string name;
  virtual ~Named() = default;
  virtual double size() const = 0;
};
struct Square : Named {
  double side;
  explicit Square(double s) : side(s) { name = "square"; }
  double size() const override { return area(side, side); }
};
inline int counter() {
  static int n = 0;
  return ++n;
}
template <class T> T largest(T a, T b) { return a < b ? b : a; }
int outside(int x);
} // namespace shapes
