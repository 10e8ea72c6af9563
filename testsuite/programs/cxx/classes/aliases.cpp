//@ extra: aliases_other.cpp
//@ plain: aliases_plain.cpp
//@ flags: -Xclang -mconstructor-aliases
//@ links: all
//@ opt: O0 O1 O2 Os
// Complete and base constructors that are one function under two names, also in comdats of their own (C5, D5).
#include "aliases.h"
extern template struct Box<int>;
void plain_use();
struct Grandchild : Child {
  Inline member{4};
  Grandchild() : Child(3) {}
};
int main() {
  {
    Grandchild grandchild;
    Box<int> box(5);
    Box<char> letters('x');
    Box<long> numbers(8);
    Simple *heap = new Child(6);
    delete static_cast<Child *>(heap);
  }
  plain_use();
}
template <class T> Box<T>::Box(T value) : value(value) { std::printf("Box %ld\n", long(value)); }
template <class T> Box<T>::~Box() { std::printf("~Box %ld\n", long(value)); }
template struct Box<long>;
