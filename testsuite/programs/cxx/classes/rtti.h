#include <typeinfo>
struct Shape {
  virtual ~Shape() = default;
  virtual int id() const { return 0; }
};
struct Left : virtual Shape {
  int id() const override { return 1; }
};
struct Right : virtual Shape {
  int id() const override { return 2; }
};
struct Both : Left, Right {
  int id() const override { return 3; }
};
template <class T> struct Template {
  T value;
  explicit Template(T value) : value(value) {}
  virtual ~Template() = default;
};
Shape *make(int kind);
bool library_sees(Shape *);
void library_throws();
void library_throws_template();
const std::type_info &library_type();
const std::type_info &library_template();
Shape *plain_make();
bool plain_sees(Shape *);
