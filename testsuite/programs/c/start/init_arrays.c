// Pointers to lazy functions in .preinit_array, .init_array and .fini_array: called before and after everything.
//@ links: pie static no-pie
//@ lazy: before init fini main
#include <stdio.h>
#include <unistd.h>

static void write_text(const char *text) {
    int n = 0;
    while (text[n]) n++;
    if (write(1, text, (size_t)n) != n) _exit(1);
}
static void before(int argc, char **argv, char **envp) { write_text(argc >= 1 && argv && envp ? "preinit\n" : "no arguments\n"); }
static void init(int argc, char **argv, char **envp) { write_text(argc >= 1 && argv && envp ? "init\n" : "no arguments\n"); }
static void fini(void) { write_text("fini\n"); }

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before;
__attribute__((section(".init_array"), used)) static void (*const initializer)(int, char **, char **) = init;
__attribute__((section(".fini_array"), used)) static void (*const finalizer)(void) = fini;

int main(void) {
    write_text("main\n");
    return 0;
}
