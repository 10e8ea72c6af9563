//@ part
int plain_only(int x);
extern int plain_data;
int called_by_plain(int x);
int lazy_calls_plain(int x) { return plain_only(x) + called_by_plain(x) + plain_data; }
