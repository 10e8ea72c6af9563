// What another unit has instantiated or defined inline: the standard wants it here, too, but the other unit's symbol does.
//@ opt: O0 O0+g
//@ links: pie static lld
//@ extra: implicit_other.cpp
//@ archive: implicit_member.cpp
#include <cstdio>

template <class T> T twice(T value);
struct Point {
    int x;
    int get() const;
    static int of_member(int);
};
int use_others();

int main() {
    Point point{4};
    std::printf("%d %d %d\n", use_others(), twice(5), point.get());
    std::printf("%d %d\n", Point::of_member(6), twice(5) + (twice<int> == nullptr));
}
