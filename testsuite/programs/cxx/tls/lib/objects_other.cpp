//@ part
#include "objects.h"
thread_local Noisy elsewhere("elsewhere", 50);
thread_local int plain_elsewhere = 60;
Noisy *inline_address() { return &shared_inline; }
int other_unit(int x) {
    text() += "+";
    Holder<long>::held += x;
    return counter()++ + plain_elsewhere++ + int(Holder<long>::held) + int(text().size());
}
