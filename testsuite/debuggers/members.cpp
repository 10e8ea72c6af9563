// A thread-local variable that is a member of a class, of which there is no object.
struct Counted {
  static __thread int calls;
  int number;
};

__thread int Counted::calls = 4;
__thread int plain = 5;

int main() {
  Counted::calls++;
  plain++;
  return Counted::calls + plain - 11;
}
