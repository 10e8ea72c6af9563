//@ part
typedef void (*callback)(int, void *);
extern "C" int call(callback f, int n) {
  try { f(n, nullptr); return 0; } catch (int e) { return e; }
}
extern "C" void raise_it(int n) { throw n; }
