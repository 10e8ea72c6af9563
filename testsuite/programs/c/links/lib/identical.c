//@ part
int puts(const char *);
int first(int x) { return x; }
int second(int x) { return x; }
int third(int x) { return puts("third") < 0 ? 0 : x; }
