#include <stdio.h>
int all(int);
#ifdef OWN
int triple(int x) { return 1000; }
#endif
int main(void) { printf("%d\n", all(5)); }
