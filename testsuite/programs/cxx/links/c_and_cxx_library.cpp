//@ part
#include <memory>
int library(int n) { return *std::make_shared<int>(n) * 3; }
