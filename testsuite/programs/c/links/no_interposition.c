// -fno-semantic-interposition: a library's functions are its own for itself, its variables and weak functions are not.
//@ flags: -fno-semantic-interposition
//@ shared: no_interposition_library.c
//@ link-flags: ./libno_interposition_library.so -rdynamic
//@ opt: O0 O0+g O1 O2
//@ links: pie lld
//@ static: any
//@ debugger
#include <stdio.h>

int sum(int);
int bound(int x) { return x + 5000; }
int bound_static(int x) { return x + 60000; }
int weak(int x) { return x + 700000; }
int variable = 8000000;
extern int (*in_data)(int);
int (*address(void))(int);
int (*address_of_static(void))(int);

int main(void) {
  printf("%d %d %d %d\n", sum(1), address()(1), address_of_static()(1), in_data(1));
  printf("%d %d\n", address() == bound, in_data == bound);
}
