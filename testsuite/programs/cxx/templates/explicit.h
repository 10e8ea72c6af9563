#include <string>
template <class T> struct Stack {
  T items[8];
  int size = 0;
  static int made;
  Stack() { ++made; }
  void push(T item);
  T pop() { return items[--size]; }
  virtual ~Stack() {}
  virtual int kind() { return sizeof(T); }
  struct Inner {
    static int f() { return 77; }
  };
};
template <class T> int Stack<T>::made = 0;
template <class T> void Stack<T>::push(T item) { items[size++] = item; }
template <class T> T scale(T x) { return x * 4; }
extern template struct Stack<int>;
extern template struct Stack<std::string>;
extern template int scale(int);
int other();
