//@ part
_Thread_local int provided = 11;
_Thread_local struct { int a, b; } pair = {1, 2};
int *provided_address(void) { return &provided; }
