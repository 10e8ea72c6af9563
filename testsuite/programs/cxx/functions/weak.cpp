//@ plain: weak_plain.cpp
//@ extra: weak_other.cpp
//@ opt: O0 O2
//@ links: pie no-pie static lld
// Weak functions of templates (weak_odr), weak ones that a strong one replaces, weak references, explicit specializations.
#include <cstdio>
template <class T> int size_of(T) { return sizeof(T); }
template int size_of<char>(char);
template int size_of<short>(short);
template <> int size_of<long>(long);
__attribute__((weak)) int replaced() { return 1; }
__attribute__((weak)) int kept() { return 3; }
__attribute__((weak)) int absent();
int plain();
int other();
int main() {
  std::printf("%d %d %d\n", size_of('a'), size_of(short(1)), size_of(1L));
  std::printf("%d %d %d\n", replaced(), kept(), absent ? absent() : -1);
  std::printf("%d %d\n", plain(), other());
}
