// A function that is missing fails the link, though only a lazy body calls it, and that one is never called.
//@ links: pie no-pie static lld
//@ link-fail: nowhere_to_be_found
int nowhere_to_be_found(int x);
int never_called(int x) { return nowhere_to_be_found(x); }
int main(void) { return 0; }
