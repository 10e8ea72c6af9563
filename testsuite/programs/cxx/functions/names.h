inline namespace v2 {
struct Versioned {};
inline int version(Versioned) { return 2; }
}
namespace v1 {
inline int version(Versioned) { return 1; }
}
struct [[gnu::abi_tag("blue")]] Tagged {
  int n;
};
inline Tagged tagged(int n) { return {n}; }
[[gnu::abi_tag("red")]] inline int red() { return 5; }
int other(int);
