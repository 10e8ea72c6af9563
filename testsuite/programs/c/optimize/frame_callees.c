// -Wframe-larger-than: no frame is large by itself.
//@ flags: -Werror -Wframe-larger-than=2000
//@ opt: O2
//@ compile-fail
void sink(char *);
static inline int leaf(int x) {
    char bytes[1500];
    sink(bytes);
    return bytes[x & 7];
}
int mid(int x) { return leaf(x) + 1; }
int top(int x) {
    char bytes[1000];
    sink(bytes);
    return mid(x) + bytes[3];
}
int main(int argc, char **argv) { return top(argc) == argv[0][0]; }
