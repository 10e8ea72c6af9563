//@ part
int overridden(void) { return 10; }
int weak_data = 30;
int found(void) { return 40; }
int found_data = 50;
int overridden_elsewhere(void) { return overridden() + 1; }
