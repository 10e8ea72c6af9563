//@ part
_Thread_local int elsewhere = 9;
int *elsewhere_address(void) { return &elsewhere; }
