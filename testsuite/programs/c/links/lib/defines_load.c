//@ part
int seccomp_load(int *filter) { return *filter += 1; }
