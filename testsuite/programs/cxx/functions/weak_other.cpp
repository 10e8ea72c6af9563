//@ part
template <class T> int size_of(T) { return sizeof(T); }
template int size_of<short>(short);
template <> int size_of<long>(long);
template <> int size_of<long>(long) { return 88; }
int other() { return size_of(short(2)) * 10 + size_of(1L); }
