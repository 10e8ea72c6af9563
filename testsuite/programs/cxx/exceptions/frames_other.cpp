//@ part
#include "frames.h"
static void deeper(Callback callback, int n, int depth) {
  Trace trace("deeper");
  if (depth)
    deeper(callback, n, depth - 1);
  else
    callback(n);
}
void lazy_frame(Callback callback, int n) {
  deeper(callback, n, 2);
}
