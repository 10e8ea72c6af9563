int elsewhere;
static int counter = 100;
int other_count(void) { return counter + elsewhere; }
