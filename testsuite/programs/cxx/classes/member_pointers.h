struct Base {
  int n = 100;
  virtual ~Base() = default;
  int plain(int x);
  virtual int virt(int x) { return x * 2; }
  virtual int virt2(int x) { return x * 3; }
  int in_class(int x) { return x + 7; }
};
struct Other {
  virtual ~Other() = default;
  int o = 9;
};
struct Derived : Other, Base {
  int virt(int x) override { return x * 20; }
  int own(int x) { return x + n + o; }
};
typedef int (Base::*Member)(int);
Member other_in_class();
Member other_virt();
Member plain_in_class();
