// Inline functions that several units have, and whose addresses they take: the linker keeps those of the first.
extern "C" int printf(const char *, ...);
extern int seen[3];

inline void note(int x) { printf("note %d\n", x + ++seen[0]); }

inline int &counter() {
  static int count = printf("counted\n");
  return count;
}

struct Named {
  explicit Named(const char *name) : name(name) { printf("made %s, %d\n", name, ++counter()); }
  virtual ~Named() { deep(3); }
  virtual void deep(int levels) { levels ? Named::deep(levels - 1) : (void)printf("%s ends, %d\n", name, ++seen[1]); }
  const char *name;
};

template <typename T> T twice(T x) {
  note(static_cast<int>(x));
  return x + x;
}

struct Pointers {
  void (*note)(int);
  int &(*counter)();
  int (*twice)(int);
};
