// A failing exit status of main, of which only the low bits count.
//@ exit: 44
int status(void) { return 300; }
int main(void) { return status(); }
