//@ part
struct s;
int f(struct s *);
extern int x;
typedef int t;
