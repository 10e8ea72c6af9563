static int table[4] = {1, 2, 3, 4};

static int square(int n) { return n * n; }

int library_sum(int count) {
  int total = 0;
  for (int i = 0; i < count; i++)
    total += square(table[i]);
  return total;
}
