// A syntax error: clang's text, clang's status.
//@ compile-fail
#include <stdio.h>
int main(void) {
    printf("missing semicolon\n")
    return 0
}
