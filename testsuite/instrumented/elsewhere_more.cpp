#include "elsewhere.h"
template struct Row<int>;
