//@ part
template <class T> T twice(T value) { return value + value; }
struct Point {
    int x;
    int get() const { return x + 1; }
};

int use_others() { return twice(4) + Point{7}.get(); }
