// The checked functions by their builtins, in a unit that names nothing else, as large programs have them.
//@ opt: O1 O2 O3 Os
//@ extra: builtin_checks_other.c
void *set(void *p, unsigned long n) { return __builtin___memset_chk(p, 1, n, -1ul); }
void *copy(void *p, const void *q, unsigned long n) { return __builtin___memcpy_chk(p, q, n, -1ul); }
void *move(void *p, const void *q, unsigned long n) { return __builtin___memmove_chk(p, q, n, -1ul); }
int run(unsigned long n);
int main(int argc, char **argv) { return argv[argc] ? 1 : run(argc * 100ul); }
