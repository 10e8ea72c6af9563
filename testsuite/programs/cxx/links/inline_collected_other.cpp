//@ part
#include "inline_collected.h"

volatile Pointers other_pointers = {note, counter, twice<int>};

static int within(int x) {
  Named local("local");
  return twice(x) + ++seen[2];
}

int other(int x) {
  note(x);
  return within(x) + ++counter();
}
