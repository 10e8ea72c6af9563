//@ part
//@ flags: -fexceptions
int catches(void (*f)(int)) {
  f(4);
  return 9;
}
