extern _Thread_local int exported;
extern _Thread_local int hidden __attribute__((visibility("hidden")));
extern _Thread_local int other_hidden __attribute__((visibility("hidden")));
int other(int x);
int model(void);
