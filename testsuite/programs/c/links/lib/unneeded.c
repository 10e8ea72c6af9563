//@ part
int does_not_exist(int x);
extern int data_that_does_not_exist;
int unneeded(int x) { return does_not_exist(x) + data_that_does_not_exist; }
