// A lazy library, linked and loaded by a lazy program.
int plus_1(int);
int from_library(int x) { return plus_1(x); }
