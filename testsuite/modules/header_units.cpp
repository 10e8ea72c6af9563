import "all.h";
#include <cstdio>
int main() { std::printf("%d\n", ++shared()); }
