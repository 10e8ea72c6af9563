// A missing variable and a missing function whose address is taken fail the link too.
//@ links: pie no-pie lld
//@ link-fail: absent_variable
extern int absent_variable;
int absent_function(int);
static int (*pointer(void))(int) { return absent_function; }
int never_called(void) { return absent_variable + pointer()(1); }
int main(void) { return 0; }
