int library_sum(int count);

int main(void) {
  int first = library_sum(2);
  int second = library_sum(4);
  return first + second == 35 ? 0 : 1;
}
