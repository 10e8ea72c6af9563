//@ part
extern int wrong_size(void);

#define CHECKED_SIZE(type, size) (sizeof(type) == (size) ? 0 : wrong_size())

static inline int is_power_of_two(unsigned n) {
  if (n & (n - 1))
    return wrong_size();
  return 1;
}

int checked_member(int n) { return n + CHECKED_SIZE(int, 4) + is_power_of_two(64); }
