// Inline functions are inlined into code of a unit whose own definitions the linker drops, with all that only these refer to.
//@ opt: O0 O1 O2 Os
//@ flags: -ffunction-sections -fdata-sections
//@ link-flags: -Wl,--gc-sections
//@ links: pie no-pie static lld
//@ extra: inline_collected_other.cpp
#include "inline_collected.h"

int other(int);
int seen[3];
extern volatile Pointers other_pointers;
volatile Pointers pointers = {note, counter, twice<int>};

int main() {
  pointers.note(1);
  printf("%d\n", pointers.twice(20));
  { Named named("main"); }
  printf("%d, %d\n", other(4), ++counter());
  printf("%d %d %d\n", pointers.note == other_pointers.note, &pointers.counter() == &other_pointers.counter(),
         pointers.twice == other_pointers.twice);
}
