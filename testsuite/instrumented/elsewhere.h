template <typename T> struct Row {
  explicit Row(int n) : items(new T[n]()) {}
  ~Row() { delete[] items; }
  T get(int i) const { return items[i]; }
  void put(int i, T item) { items[i] = item; }
  T *items;
};
extern template struct Row<int>;
