//@ shared: unloaded_part.cpp
//@ link-flags: -ldl -pthread
//@ links: pie no-pie lld
//@ opt: O0 O2
//@ static: _ZL13with_a_numberv(constructor) _ZL16without_a_numberv(constructor) _ZL4lastv(constructor) _ZL9very_lastv(constructor)
// A library that is unloaded leaves nothing behind, however often; one that is there when the process exits stays, because other threads go
// on in it.
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
static int mappings() {
  FILE *maps = std::fopen("/proc/self/maps", "r");
  int lines = 0;
  for (int c; (c = std::fgetc(maps)) != EOF;)
    lines += c == '\n';
  std::fclose(maps);
  return lines;
}
static void *load() {
  void *library = dlopen("./libunloaded_part.so", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    std::printf("%s\n", dlerror()), std::exit(1);
  return library;
}
static int use(int n, int talks) {
  void *library = load();
  int result = reinterpret_cast<int (*)(int, int)>(dlsym(library, "run"))(n, talks);
  dlclose(library);
  try {
    throw std::runtime_error("own");
  } catch (const std::exception &e) {
    return result + (e.what()[0] == 'o');
  }
}
// What the parent had loaded and its child unloads; the child uses it as well.
static int in_child() {
  void *library = load();
  auto run = reinterpret_cast<int (*)(int, int)>(dlsym(library, "run"));
  run(2, 0);
  std::fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int sum = run(3, 0);
    dlclose(library);
    _exit(sum + use(4, 0));
  }
  int status;
  waitpid(child, &status, 0);
  dlclose(library);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
static int exit_with_a_busy_thread() {
  std::fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    static volatile int started;
    auto spin = reinterpret_cast<void (*)(volatile int *)>(dlsym(load(), "spin_for_ever"));
    std::thread(spin, &started).detach();
    while (!started)
      usleep(10);
    std::exit(3);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
int main() {
  std::printf("%d\n", use(12345, 1));
  std::printf("%d\n", use(2, 1));
  int before = mappings(), sum = 0;
  for (int i = 0; i < 100; ++i)
    sum += use(i, 0);
  // A thread, a C library's buffer: not more.
  std::printf("%d %s\n", sum, mappings() - before < 10 ? "nothing left" : "more and more");
  std::printf("%d\n", in_child());
  for (int i = 0; i < 10; ++i)
    std::printf("%d ", exit_with_a_busy_thread());
  std::printf("\n");
  std::fflush(stdout);
  load();
}
