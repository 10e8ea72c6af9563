#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **names) {
  for (int i = 1; i < count; i++) {
    void *library = dlopen(names[i], RTLD_NOW);
    int (*plugin)(int) = library ? (int (*)(int))dlsym(library, "plugin") : 0;
    if (!plugin)
      return puts(dlerror());
    plugin(i);
    plugin(1);
    dlclose(library);
  }
  return 0;
}
