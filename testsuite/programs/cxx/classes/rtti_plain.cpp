//@ part
#include "rtti.h"
struct Plain : Both {
  int id() const override { return 4; }
};
Shape *plain_make() {
  static Plain plain;
  return &plain;
}
bool plain_sees(Shape *shape) { return dynamic_cast<Right *>(shape); }
