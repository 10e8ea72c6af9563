//@ part
int local_service(int x) { return x + 10; }
int service(int x) { return x * 4; }
