#include <string>
int fixed(const char *text) { return static_cast<int>(std::string(text).size()); }
