#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
inline int &shared() {
  static int value = 7;
  return value;
}
template <class T> struct Box {
  T value;
  T &get() {
    if (!used)
      throw std::logic_error("empty");
    return value;
  }
  bool used = false;
};
