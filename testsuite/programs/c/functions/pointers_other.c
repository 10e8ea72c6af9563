//@ part
typedef int function(int);
function shared_function;

static int local(int x) { return x * 2; }
function *const other_table[] = {shared_function, local};
function *other_address(void) { return shared_function; }
function *other_static(void) { return local; }
int other_calls(function *f, int x) { return f == shared_function ? -f(x) : f(x); }
