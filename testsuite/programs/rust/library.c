// Loads the library of library.rs, as tests/rust.rs says.
//@ part
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library)
    return fprintf(stderr, "%s\n", dlerror()), 1;
  size_t (*length)(const char *) = (size_t (*)(const char *))dlsym(library, "lazy_length");
  int (*calls)(void) = (int (*)(void))dlsym(library, "lazy_calls");
  int (*panics)(int) = (int (*)(int))dlsym(library, "lazy_panic");
  printf("%zu %zu\n", length("four"), length("z\xc3\xbcrich"));
  printf("%d %d %d\n", panics(1), panics(3), calls());
  // Nothing else is exported.
  printf("%d\n", dlsym(library, "EXPORTED") == NULL && dlsym(library, "rust_eh_personality") == NULL);
  printf("%d\n", dlclose(library));
}
