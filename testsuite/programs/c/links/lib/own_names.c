//@ part
int backtrace = 40;
const char *dladdr(int n) { return n ? "one" : "none"; }
const char *(*chosen)(int) = dladdr;
