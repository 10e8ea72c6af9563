//@ part
__attribute__((noinline)) int open_name(void) { return 1; }
extern int hidden_name(void) __attribute__((alias("open_name"), visibility("hidden")));
static __attribute__((noinline, used)) int local_name(void) { return 10; }
extern int other_name(void) __attribute__((alias("local_name")));
int data = 10;
extern int hidden_data __attribute__((alias("data"), visibility("hidden")));

int by_hidden(void) { return hidden_name(); }
int by_other(void) { return other_name(); }
int *data_by_hidden(void) { return &hidden_data; }
