//@ part
template <class T> int size_of(T) { return sizeof(T); }
template int size_of<char>(char);
int replaced() { return 2; }
int plain() { return size_of('x') * 10; }
