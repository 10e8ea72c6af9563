// Vtables of distances to functions, not of their addresses.
//@ opt: O0 O1 O2
//@ links: pie no-pie lld
//@ flags: -fno-rtti -fexperimental-relative-c++-abi-vtables
#include <cstdio>
struct B {
  virtual int f() { return 1; }
  virtual ~B() {}
};
struct V {
  virtual int v() { return 5; }
  int x = 2;
};
struct D : B, virtual V {
  int f() override { return 2 + x; }
  int v() override { return B::f() + 7; }
};
struct E2 : D {
  int f() override { return 9; }
  ~E2() override { std::puts("gone"); }
};
struct K {
  virtual int key();
  virtual int other() { return 3; }
};
int K::key() { return 4; }
int main() {
  B b;
  D d;
  B *p[] = {&b, &d, new E2};
  V *v = &d;
  int s = v->v();
  K k;
  K *kp = &k;
  for (B *q : p)
    s = s * 10 + q->f();
  delete p[2];
  int (K::*m)() = &K::other;
  std::printf("%d %d %d %d\n", s, kp->key(), kp->other(), (kp->*m)());
}
