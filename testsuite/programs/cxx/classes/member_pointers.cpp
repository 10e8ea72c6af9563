//@ opt: O0 O2
//@ extra: member_pointers_other.cpp
//@ plain: member_pointers_plain.cpp
// Pointers to members: virtual and not, compared, across units, through bases.
#include "member_pointers.h"
#include <cstdio>
#include <functional>
int Base::plain(int x) { return x + n; }
static int apply(Base &base, Member member, int x) { return (base.*member)(x); }
int main() {
  Derived derived;
  Base &base = derived;
  Member members[] = {&Base::plain, &Base::virt, &Base::virt2, &Base::in_class, static_cast<Member>(&Derived::own)};
  for (Member member : members)
    std::printf("%d ", apply(base, member, 5));
  std::printf("\n%d %d %d\n", members[0] == &Base::plain, members[1] == members[2], members[3] == other_in_class());
  std::printf("%d %d\n", members[3] == plain_in_class(), plain_in_class() == other_in_class());
  std::printf("%d %d\n", (derived.*other_virt())(1), (derived.*plain_in_class())(2));
  int Base::*data = &Base::n;
  Member none = nullptr;
  std::printf("%d %d %d\n", derived.*data, none == nullptr, none != members[0]);
  auto bound = std::mem_fn(&Base::virt2);
  std::printf("%d\n", bound(derived, 3));
}
