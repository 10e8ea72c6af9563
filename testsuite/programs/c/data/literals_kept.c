// Literals whose addresses somebody keeps: they are in the program, as other processes have it, and not with the code of a function.
//@ links: pie no-pie lld
//@ opt: O0 O2
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char __executable_start, end;

static int is_inside(const char *text) { return text >= &__executable_start && text < &end; }

struct shared {
    const char *volatile state, *volatile name, *volatile chosen, *volatile passed, *volatile found;
    const char *volatile list[2];
} *shared;

static void keep(const char *volatile *where, const char *what, int depth) {
    if (depth > 0) keep(where, what, depth - 1);
    else *where = what;
}
static void only_print(const char *what) { printf("%s (%zu)\n", what, strlen(what)); }
static const char *name(void) { return "the name"; }
static const char *(*const volatile get_name)(void) = name;

__attribute__((noinline)) static void work(int n) {
    const char *text = n > 1 ? "one" : "another";
    const char *list[] = {"first", "second"};
    only_print("printed, and nothing else");
    shared->state = "working hard";
    shared->name = get_name();
    shared->chosen = text;
    shared->found = strchr("look: found", 'f');
    keep(&shared->passed, "kept by a function", n);
    shared->list[0] = list[0];
    shared->list[1] = list[n & 1];
}

__attribute__((noinline)) static void show(void) {
    const char *all[] = {shared->state, shared->name,    shared->chosen, shared->found,
                         shared->passed, shared->list[0], shared->list[1]};
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (is_inside(all[i])) printf("%s\n", all[i]);
        else printf("%u is elsewhere\n", i);
    fflush(stdout);
}

static int in_child(void (*what)(int), int n) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        what(n);
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return status;
}
static void show_in_child(int unused) {
    (void)unused;
    show();
}

int main(int count, char **arguments) {
    (void)arguments;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int failed = in_child(work, count + 2);
    failed |= in_child(show_in_child, 0);
    if (failed == 0) show();
    return failed != 0;
}
