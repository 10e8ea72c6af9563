// Functions that are inlined here and defined elsewhere: by another unit, by the library.
#include "elsewhere.h"
#include <cstdio>
#include <string>

void (Row<int>::*volatile put)(int, int) = &Row<int>::put;

static std::string *made(char **argv) { return new std::string(argv[0]); }

int main(int argc, char **argv) {
  std::string name = argv[0];
  printf("%zu %d\n", name.size(), name[0]);
  Row<int> row(4);
  (row.*put)(2, argc);
  row.put(3, 4);
  printf("%d\n", row.get(2) + row.get(3));
  if (argc == 2) {
    std::string *gone = made(argv);
    delete gone;
    printf("%zu\n", gone->size());
  } else if (argc == 3) {
    printf("%d\n", row.get(argc + 1));
  }
}
