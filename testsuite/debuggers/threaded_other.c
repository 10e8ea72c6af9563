__thread int far_one = 11;
extern __thread int near_one;
int step(int by) {
  far_one += by;
  return far_one * near_one;
}
