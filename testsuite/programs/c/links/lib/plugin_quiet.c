//@ part
static int helper(int x) { return x * 2; }
int odd(int x) { return helper(x) + 1; }
int even(int x) { return helper(x) - 1; }
