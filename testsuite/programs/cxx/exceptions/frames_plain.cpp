//@ part
#include "frames.h"
void plain_frame(Callback callback, int n) {
  Trace trace("plain");
  lazy_frame(callback, n);
}
int plain_catches(Callback callback, int n) {
  try {
    lazy_frame(callback, n);
    return 0;
  } catch (int) {
    return 1;
  } catch (Base &) {
    return 2;
  } catch (...) {
    return 3;
  }
}
