#define PUBLIC __attribute__((visibility("default")))
inline int hidden(int x) { return x; }
typedef int (*F)(int);
inline F function() { return hidden; }
inline int &counter() {
  static int n;
  return n;
}
struct PUBLIC Exported {
  int n;
  explicit Exported(int n) : n(n) {}
  virtual ~Exported() = default;
  virtual int get() const { return n; }
};
F other_function();
PUBLIC F library_function();
PUBLIC int library_count();
PUBLIC void library_throw();
