//@ part
#include "aliases.h"
template <class T> Box<T>::Box(T value) : value(value) { std::printf("Box %ld\n", long(value)); }
template <class T> Box<T>::~Box() { std::printf("~Box %ld\n", long(value)); }
template struct Box<long>;
void plain_use() {
  Box<char> box('y');
  Inline object(1);
  Child child(2);
}
