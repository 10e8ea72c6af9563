#include <cstdio>
extern "C" int part(int);
int main() { std::printf("%d\n", part(21)); }
