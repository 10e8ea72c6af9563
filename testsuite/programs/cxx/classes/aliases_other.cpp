//@ part
#include "aliases.h"
Simple::Simple(int n) : n(n) { std::printf("Simple %d\n", n); }
Simple::~Simple() { std::printf("~Simple %d\n", n); }
Child::Child(int n) : Simple(n) {}
Child::~Child() {}
template <class T> Box<T>::Box(T value) : value(value) { std::printf("Box %ld\n", long(value)); }
template <class T> Box<T>::~Box() { std::printf("~Box %ld\n", long(value)); }
template struct Box<int>;
template struct Box<long>;
