//@ part
#include "rtti.h"
Shape *make(int kind) {
  static Left left;
  static Right right;
  static Both both;
  return kind == 0 ? static_cast<Shape *>(&left) : kind == 1 ? static_cast<Shape *>(&right) : &both;
}
bool library_sees(Shape *shape) { return dynamic_cast<Both *>(shape) || dynamic_cast<Left *>(shape); }
void library_throws() { throw Both(); }
void library_throws_template() { throw Template<int>(7); }
const std::type_info &library_type() { return typeid(Both); }
const std::type_info &library_template() { return typeid(Template<int>); }
