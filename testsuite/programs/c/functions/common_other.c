//@ part
#include <string.h>
int shared_counter;
char buffer[100];
int *counter_elsewhere(void) { return &shared_counter; }
char *buffer_elsewhere(void) { return buffer; }
void bump(void) {
    shared_counter++;
    strcpy(buffer, "longer than ten characters");
}
