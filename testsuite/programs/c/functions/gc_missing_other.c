//@ part
int missing_call(int);
int other_data = 4;
static int helper(int x) { return x + other_data++; }
int other_call(int x) { return helper(x) + helper(x); }
int other_dead(int x) { return missing_call(x); }
