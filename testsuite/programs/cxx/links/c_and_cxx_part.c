//@ part
int c_calls(int (*callback)(int), int n);
int c_calls(int (*callback)(int), int n) { return callback(n) + 1; }
