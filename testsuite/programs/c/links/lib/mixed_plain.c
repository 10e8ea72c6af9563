//@ part
typedef int function(int);
int called_by_plain(int x);
int hidden_in_lazy(int x);
int lazy_calls_plain(int x);
int apply(function *f, int x);
function *address_here(void);
extern int lazy_data;
int plain_data = 50;

static int local(int x) { return x - 3; }
int plain_only(int x) { return x * 3 + plain_data; }
int weak_in_lazy(int x) { return x + 1000; }
int plain_calls_lazy(int x) {
    lazy_data++;
    return called_by_plain(x) + hidden_in_lazy(x) + apply(local, x) + (address_here() == called_by_plain) * 1000000;
}
function *plain_table[3] = {called_by_plain, plain_only, lazy_calls_plain};
function *plain_pointer(int which) { return which == 0 ? called_by_plain : which == 1 ? plain_only : lazy_calls_plain; }
