//@ part
int seccomp_load(int *filter);
int load_twice(int *filter) { return seccomp_load(filter) + seccomp_load(filter); }
