static int helper(void) { return 10; }
int first(void) { return helper(); }
