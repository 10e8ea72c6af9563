//@ part
typedef int function(int);
int first_data = 5;
int overridden(int x) { return x + 1; }
static int local(int x) { return x * 10; }
int first(int x) { return overridden(x) + local(x) + first_data; }
int *first_data_address(void) { return &first_data; }
function *first_address(void) { return first; }
