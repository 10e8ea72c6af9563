//@ links: all
//@ opt: O0 O0+g O2
//@ debugger
// Vtables, thunks, covariant returns, virtual bases, calls from constructors, multiple inheritance.
#include <cstdio>
struct A {
  int a = 1;
  A() { hello(); }
  virtual ~A() { std::printf("~A\n"); }
  virtual void hello() { std::printf("A %d\n", a); }
  virtual A *self() { return this; }
  virtual int sum(int x, ...) { return a + x; }
};
struct B {
  int b = 2;
  virtual ~B() { std::printf("~B\n"); }
  virtual void there() { std::printf("B %d\n", b); }
  virtual B *other() { return this; }
  virtual double wide(double x, float y, long z) { return x + y + z + b; }
};
struct C : A, B {
  int c = 3;
  C() { hello(); }
  ~C() override { std::printf("~C\n"); }
  void hello() override { std::printf("C %d %d\n", a, c); }
  void there() override { std::printf("C::there %d %d\n", b, c); }
  C *self() override { return this; }
  C *other() override { return this; }
  double wide(double x, float y, long z) override { return B::wide(x, y, z) * c; }
};
struct V1 : virtual A {
  int v1 = 4;
  void hello() override { std::printf("V1 %d\n", a + v1); }
};
struct V2 : virtual A {
  int v2 = 5;
  int sum(int x, ...) override { return a + x + v2; }
};
struct D : V1, V2, B {
  int d = 6;
  D() { hello(); }
  ~D() override { std::printf("~D\n"); }
  void hello() override { std::printf("D %d %d %d %d\n", a, v1, v2, d); }
  D *self() override { return this; }
  D *other() override { return this; }
};
struct Big {
  long words[9];
};
struct Returns {
  virtual Big big(int n) { return {{n, 1}}; }
};
struct Returns2 : B, Returns {
  Big big(int n) override { return {{n, b}}; }
};
static void use(A *a, B *b) {
  a->hello();
  b->there();
  std::printf("%d %f\n", a->sum(10), b->wide(1.5, 2.5f, 3));
  std::printf("%d %d %d\n", a->self() == a, b->other() == b, a->self()->self()->a);
}
int main() {
  {
    C c;
    use(&c, &c);
    D d;
    use(&d, &d);
    V1 *v1 = &d;
    V2 *v2 = &d;
    std::printf("%d %d %d\n", v1->self()->a, v2->self()->a, v1->self() == v2->self());
    Returns2 r;
    std::printf("%ld %ld\n", static_cast<Returns &>(r).big(7).words[0], static_cast<Returns &>(r).big(7).words[1]);
  }
  A *heap[] = {new C, new D, new V1};
  for (A *a : heap)
    delete a;
  B *b = new D;
  delete b;
}
