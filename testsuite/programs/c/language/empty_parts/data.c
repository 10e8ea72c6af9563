//@ part
int puts(const char *);
const char text[] = "only data";
int (*const pointers[])(const char *) = {puts};
