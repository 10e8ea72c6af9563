int object(void) { return 100; }
