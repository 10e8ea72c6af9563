//@ part
struct Point {
    int x;
    static int of_member(int n) { return n * 10; }
};

int use_member() { return Point::of_member(1); }
