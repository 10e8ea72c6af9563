//@ part
__attribute__((visibility("hidden"))) int hidden(int x);
int protected_function(int x);
__attribute__((visibility("internal"))) int internal(int x);
__attribute__((visibility("hidden"))) extern int hidden_data;
extern int protected_data;
int through_other(int x) {
    int (*p)(int) = hidden;
    hidden_data++;
    protected_data += 2;
    return p(x) + protected_function(x) + internal(x);
}
