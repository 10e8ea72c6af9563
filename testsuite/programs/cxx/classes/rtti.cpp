//@ opt: O0 O2
//@ shared: rtti_lib.cpp
//@ link-flags: ./librtti_lib.so -Wl,-rpath,$ORIGIN
//@ plain: rtti_plain.cpp
// dynamic_cast and typeid, in a hierarchy that a program, a library and a plain object share.
#include "rtti.h"
#include <cstdio>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>

struct Local : Left, Right {
  int id() const override { return 5; }
};
namespace {
struct Hidden : Shape {
  int id() const override { return 6; }
};
}

int main() {
  Local local;
  Hidden hidden;
  Shape *shapes[] = {make(0), make(1), make(2), plain_make(), &local, &hidden};
  std::unordered_map<std::type_index, int> seen;
  for (Shape *shape : shapes) {
    ++seen[typeid(*shape)];
    Left *left = dynamic_cast<Left *>(shape);
    Right *right = dynamic_cast<Right *>(shape);
    Both *both = dynamic_cast<Both *>(shape);
    std::printf("%d %s l%d r%d b%d cross%d lib%d plain%d whole%d\n", shape->id(), typeid(*shape).name(), !!left,
                !!right, !!both, left && dynamic_cast<Right *>(left) == right, library_sees(shape),
                plain_sees(shape), dynamic_cast<void *>(shape) != nullptr);
    try {
      std::printf("%d\n", dynamic_cast<Both &>(*shape).id());
    } catch (const std::bad_cast &e) {
      std::printf("%s\n", e.what());
    }
  }
  std::printf("%zu %d %d\n", seen.size(), typeid(Both) == library_type(), typeid(Template<int>) == library_template());
  try {
    Shape *none = nullptr;
    std::printf("%s\n", typeid(*none).name());
  } catch (const std::bad_typeid &e) {
    std::printf("%s\n", e.what());
  }
  try {
    library_throws();
  } catch (const Left &left) {
    std::printf("left %d\n", left.id());
  }
  try {
    library_throws_template();
  } catch (const Template<int> &t) {
    std::printf("template %d\n", t.value);
  }
}
