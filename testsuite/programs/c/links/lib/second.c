//@ part
typedef int function(int);
int first(int x);
int overridden(int x);
int second(int x) { return overridden(x) * 2 + first(x); }
int second_calls(function *f, int x) { return f(x); }
